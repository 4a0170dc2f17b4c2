// `--emit=core`: one node a line where it has parts of its own, indented; short nodes on one line.
#include "frontend/core.h"

namespace valkc {

namespace {

class CorePrinter {
 public:
  std::string print(const CoreProgram& program) {
    for (const Core* form : program.body) line(text(*form, 0));
    return std::move(out_);
  }

 private:
  static constexpr size_t kWidth = 90;

  void line(const std::string& s) { out_ += s + "\n"; }

  static std::string name(const Local* local) {
    return local->name + "." + std::to_string(local->id);
  }

  static std::string name(const Global* global) {
    return (global->is_library ? "lib:" : "") + global->name;
  }

  static std::string names(const std::vector<Local*>& locals) {
    std::string out;
    for (const Local* local : locals) out += (out.empty() ? "" : " ") + name(local);
    return out;
  }

  /// `(head part part …)` on one line if it fits, else one part a line.
  std::string node(const std::string& head, const std::vector<std::string>& parts, size_t indent) {
    std::string flat = "(" + head;
    for (const std::string& part : parts) flat += " " + part;
    bool fits = flat.size() + indent < kWidth && flat.find('\n') == std::string::npos;
    if (fits || parts.empty()) return flat + ")";
    std::string out = "(" + head;
    for (const std::string& part : parts) out += "\n" + std::string(indent + 2, ' ') + part;
    return out + ")";
  }

  std::string tree(const std::string& head, const std::vector<const Core*>& parts, size_t indent) {
    std::vector<std::string> texts;
    for (const Core* part : parts) {
      if (part) texts.push_back(text(*part, indent + 2));
    }
    return node(head, texts, indent);
  }

  std::string text(const Core& core, size_t indent) {
    switch (core.kind) {
      case CoreKind::constant:
        return constant(static_cast<const CoreConst&>(core));
      case CoreKind::local_ref:
        return local_ref(static_cast<const CoreLocalRef&>(core), indent);
      case CoreKind::global_ref:
        return name(static_cast<const CoreGlobalRef&>(core).global);
      case CoreKind::primitive_ref:
        return primitive(static_cast<const CorePrimitiveRef&>(core));
      case CoreKind::lambda:
        return lambda(static_cast<const Lambda&>(core), indent);
      case CoreKind::call:
        return call(static_cast<const CoreCall&>(core), indent);
      case CoreKind::if_: {
        const auto& c = static_cast<const CoreIf&>(core);
        return tree("if", {c.condition, c.consequent, c.alternative}, indent);
      }
      case CoreKind::seq:
        return tree("seq", static_cast<const CoreSeq&>(core).items, indent);
      case CoreKind::bind: {
        const auto& c = static_cast<const CoreBind&>(core);
        return tree("bind " + name(c.local), {c.value}, indent);
      }
      case CoreKind::assign: {
        const auto& c = static_cast<const CoreAssign&>(core);
        if (!c.otherwise) return tree("assign " + name(c.local), {c.value}, indent);
        return tree("assign-or-else " + name(c.local), {c.value, c.otherwise}, indent);
      }
      default:
        return control(core, indent);
    }
  }

  std::string control(const Core& core, size_t indent) {
    switch (core.kind) {
      case CoreKind::define_global: {
        const auto& c = static_cast<const CoreDefineGlobal&>(core);
        std::string head = c.global->is_constant ? "define-constant " : "define ";
        return tree(head + name(c.global), {c.value}, indent);
      }
      case CoreKind::set_global: {
        const auto& c = static_cast<const CoreSetGlobal&>(core);
        return tree("set " + name(c.global), {c.value}, indent);
      }
      case CoreKind::frame: {
        const auto& c = static_cast<const CoreFrame&>(core);
        return tree("frame" + cells(c.cells), {c.body}, indent);
      }
      case CoreKind::try_:
        return try_(static_cast<const CoreTry&>(core), indent);
      case CoreKind::reset: {
        const auto& c = static_cast<const CoreReset&>(core);
        return tree(c.is_async ? "async-reset" : "reset", {c.body}, indent);
      }
      case CoreKind::shift: {
        const auto& c = static_cast<const CoreShift&>(core);
        return tree("shift " + name(c.k), {c.body}, indent);
      }
      case CoreKind::async: {
        const auto& c = static_cast<const CoreAsync&>(core);
        return tree("async" + cells(c.body->cells), {c.body->body, c.options}, indent);
      }
      case CoreKind::block: {
        const auto& c = static_cast<const CoreBlock&>(core);
        return tree("block (quote " + to_text(*c.data) + ")", {c.code->body}, indent);
      }
      default:
        return "";
    }
  }

  static std::string cells(const std::vector<Local*>& shared) {
    return shared.empty() ? "" : " (cells " + names(shared) + ")";
  }

  static std::string constant(const CoreConst& c) {
    const Datum& d = *c.value;
    bool is_quoted = d.kind == DatumKind::symbol || (d.is_sequence() && !d.is_nil());
    if (d.is_nil()) return "()";
    return is_quoted ? "(quote " + to_text(d) + ")" : to_text(d);
  }

  static std::string primitive(const CorePrimitiveRef& c) {
    return c.primitive ? "prim:" + std::string(c.primitive->name) : "prim:?";
  }

  std::string local_ref(const CoreLocalRef& c, size_t indent) {
    if (!c.otherwise) return name(c.local);
    return tree("or-unassigned " + name(c.local), {c.otherwise}, indent);
  }

  std::string call(const CoreCall& c, size_t indent) {
    std::vector<const Core*> parts{c.callee};
    parts.insert(parts.end(), c.args.begin(), c.args.end());
    return tree("call", parts, indent);
  }

  std::string lambda(const Lambda& c, size_t indent) {
    std::string params = names(c.params);
    if (c.rest) params += (params.empty() ? "& " : " & ") + name(c.rest);
    std::string title = c.name.empty() ? "lambda" : "lambda " + c.name;
    return tree(title + " (" + params + ")" + cells(c.cells), std::vector<const Core*>{c.body},
                indent);
  }

  std::string try_(const CoreTry& c, size_t indent) {
    std::vector<std::string> parts{text(*c.body, indent + 2)};
    if (c.handler) {
      parts.push_back(tree("catch " + name(c.error), {c.handler}, indent + 2));
    }
    if (c.cleanup) {
      parts.push_back(tree("finally", {c.cleanup}, indent + 2));
    }
    return node("try", parts, indent);
  }

  std::string out_;
};

}  // namespace

std::string print_core(const CoreProgram& program, const SourceMap&) {
  return CorePrinter().print(program);
}

}  // namespace valkc
