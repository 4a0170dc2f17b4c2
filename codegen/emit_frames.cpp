// Frames: made lazily, at the transfer that needs them, in one reservation. See units.h.
#include "codegen/unit_emitter.h"

namespace valkc {

/// The frames that must be made here so that k can be named, parents first.
void UnitEmitter::collect_frames(Cont* k, const Where& w, std::vector<Cont*>& order) {
  k = units_.resolve(k);
  Code* c = units_.of(k);
  if (!c || !units_.is_local_frame(w.code, k)) return;
  for (Cont* made : order)
    if (made == k) return;
  collect_frames(c->free, w, order);
  order.push_back(k);
}

void UnitEmitter::collect_frames(const IdSet& free, const Where& w, std::vector<Cont*>& order) {
  for (uint32_t id : free)
    if (Cont* held = units_.cont(id)) collect_frames(held, w, order);
}

int UnitEmitter::frame_words(const Code* c) const {
  return 3 + static_cast<int>(c->free.size()) - 1;
}

std::string UnitEmitter::frame_descriptor(const Code* c) {
  std::string code = unit_name(c);
  std::string descriptor = "d_" + code;
  if (names_.described.insert(descriptor).second) {
    bool handler = c->unit_kind == UnitKind::handler;
    Span span = c->cont ? c->cont->span : c->handled ? c->handled->span : c->reset->span;
    names_.descriptors += "static const ValkFrame " + descriptor + " = {" +
                          (handler ? "VALK_FRAME_HANDLER" : "VALK_FRAME_PLAIN") + ", " +
                          (handler ? "nullptr" : site(span)) + ", " +
                          (handler ? code : std::string("nullptr")) + "};\n";
  }
  return "&" + descriptor;
}

/// Makes a frame that captures nothing; there is room.
void UnitEmitter::take_plain_frame(const Code* c, const std::string& into) {
  std::string code = unit_name(c);
  std::string descriptor = frame_descriptor(c);
  std::string at_bottom = "bottom_" + code;
  if (names_.described.insert(at_bottom).second)
    names_.descriptors += "static ValkBottomFrame " + at_bottom + ";\n";
  line(into + " = valk_take_frame(vm, &" + at_bottom + ", " + descriptor + ", " + code + ", " +
       name(c->primary) + ");");
}

/// Stores one frame; there is room.
void UnitEmitter::fill_frame(const Code* c, const std::string& descriptor, const std::string& code,
                             const std::string& into) {
  std::string words = std::to_string(frame_words(c));
  open("");
  line("Value* const f = valk_take(vm, " + words + ");");
  line("f[0] = VALK_FRAME_HEADER(" + descriptor + ", " + words + ");");
  line("f[VALK_FRAME_CODE] = (Value)" + code + ";");
  line("f[VALK_FRAME_PARENT] = " +
       (c->unit_kind == UnitKind::reset_body ? std::string("VALK_NIL") : name(c->primary)) + ";");
  int i = 3;
  for (uint32_t id : c->free)
    if (id != c->primary) line("f[" + std::to_string(i++) + "] = " + value_name(id) + ";");
  line(into + " = valk_tag_object(f);");
  close();
}

/// Makes the frames in order. `live` must survive; what the frames capture is added to it.
void UnitEmitter::make_frames(const std::vector<Cont*>& order, const IdSet& live, Span span,
                              const Where& w, int extra_words) {
  int words = extra_words;
  IdSet needed = live;
  for (Cont* k : order) {
    words += frame_words(units_.of(k));
    units_.need_frame(w.code, k, needed);
  }
  if (words == 0) return;
  drop_unmoved(needed);
  reserve(std::to_string(words), needed, span, w);
  for (Cont* k : order) {
    Code* c = units_.of(k);
    bool is_plain = c->free.size() == 1 && c->unit_kind != UnitKind::reset_body;
    if (is_plain)
      take_plain_frame(c, name(k->id));
    else
      fill_frame(c, frame_descriptor(c), unit_name(c), name(k->id));
  }
}

}  // namespace valkc
