// See pools.h. Objects outside the heap: the layouts are those of runtime/valk.h.
#include "codegen/pools.h"

#include <gmp.h>

#include <cstdio>
#include <cstring>

namespace valkc {

bool is_name_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string cpp_identifier(const std::string& name) {
  std::string out;
  for (char c : name) {
    if (c != '_' && is_name_part(c)) {
      out += c;
    } else if (c == '?') {
      out += "_p";
    } else if (c == '!') {
      out += "_x";
    } else if (c == '>') {
      out += "_to";
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  if (out.empty() || (out[0] >= '0' && out[0] <= '9')) out = "v" + out;
  return out;
}

std::string cpp_string(std::string_view bytes) {
  std::string out = "\"";
  char buffer[8];
  for (size_t i = 0; i < bytes.size(); i++) {
    unsigned char c = static_cast<unsigned char>(bytes[i]);
    switch (c) {
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '?':
        out += "\\?";
        break;
      default:
        if (c >= 0x20 && c < 0x7f) {
          out += static_cast<char>(c);
        } else {
          std::snprintf(buffer, sizeof buffer, "\\%03o", c);
          out += buffer;
        }
    }
  }
  return out + "\"";
}

// ---- constants ----------------------------------------------------------------------------------

std::string ConstantPool::object(const std::string& key, const std::string& type,
                                 const std::string& prefix, const std::string& initialiser) {
  auto [it, fresh] = names_.try_emplace(key);
  if (!fresh) return it->second;
  it->second = prefix + "_" + std::to_string(++counts_[prefix]);
  text_ += "static const " + type + " " + it->second + " = {" + initialiser + "};\n";
  return it->second;
}

std::string ConstantPool::symbol(const Datum& d) {
  const char* kind = d.kind == DatumKind::symbol ? "SYMBOL" : "KEYWORD";
  uint64_t hash = 0xcbf29ce484222325ull;
  for (char c : d.text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  size_t n = d.text.size();
  std::string name =
      object(std::string(kind) + d.text, "ValkStaticSymbol<" + std::to_string(n + 1) + ">",
             d.kind == DatumKind::symbol ? "sym_" + cpp_identifier(d.text)
                                         : "key_" + cpp_identifier(d.text),
             std::string("VALK_HEADER(VALK_KIND_") + kind + ", 0), " + std::to_string(n) + ", " +
                 std::to_string(hash) + "ull, " + cpp_string(d.text));
  return "VALK_STATIC(" + name + ")";
}

/// Elements first: equal lists have equal elements, so their names tell lists apart without their text.
std::string ConstantPool::list(const Datum& d) {
  std::vector<std::string> heads;
  std::string key = "list";
  for (const Datum* item : d.items) {
    heads.push_back(value(*item));
    key += " " + heads.back();
  }
  auto it = names_.find(key);
  if (it != names_.end()) return "VALK_STATIC_PAIR(" + it->second + "[0])";
  std::string name = "list_" + std::to_string(++counts_["list"]);
  names_[key] = name;
  // The name is in scope in its own initialiser, so a pair can point at the next one.
  text_ += "extern const ValkStaticPair " + name + "[" + std::to_string(heads.size()) + "];\n";
  text_ += "const ValkStaticPair " + name + "[" + std::to_string(heads.size()) + "] = {";
  for (size_t i = 0; i < heads.size(); i++) {
    std::string tail = i + 1 < heads.size()
                           ? "VALK_STATIC_PAIR(" + name + "[" + std::to_string(i + 1) + "])"
                           : "VALK_NIL";
    text_ += "\n  {" + heads[i] + ", " + tail + "},";
  }
  text_ += "\n};\n";
  return "VALK_STATIC_PAIR(" + name + "[0])";
}

std::string bignum_initialiser(const std::string& digits, size_t& limb_count) {
  mpz_t z;
  mpz_init_set_str(z, digits.c_str(), 10);
  bool negative = mpz_sgn(z) < 0;
  limb_count = mpz_size(z);
  std::string limbs;
  for (size_t i = 0; i < limb_count; i++)
    limbs += (i ? ", " : "") + std::to_string(mpz_getlimbn(z, static_cast<mp_size_t>(i))) + "ull";
  mpz_clear(z);
  return "VALK_HEADER(VALK_KIND_BIGNUM, 0), " +
         std::to_string((limb_count << 2) | (negative ? 2u : 0u)) + ", {" + limbs + "}";
}

std::string ConstantPool::value(const Datum& d) {
  switch (d.kind) {
    case DatumKind::integer:
      return "VALK_FIX(" + std::to_string(d.integer) + ")";
    case DatumKind::big_integer: {
      size_t limbs = 0;
      std::string init = bignum_initialiser(d.text, limbs);
      if (counts_["big"] == 0) text_ += "VALK_HAS_BIG_LITERALS\n";
      return "VALK_STATIC(" +
             object("big " + d.text, "ValkStaticBignum<" + std::to_string(limbs) + ">", "big",
                    init) +
             ")";
    }
    case DatumKind::real: {
      uint64_t bits;
      std::memcpy(&bits, &d.real, sizeof bits);
      char text[64];
      std::snprintf(text, sizeof text, "%a", d.real);
      std::string literal = d.real != d.real ? "__builtin_nan(\"\")"
                            : d.real - d.real != 0
                                ? (d.real > 0 ? "__builtin_inf()" : "-__builtin_inf()")
                                : std::string(text);
      return "VALK_STATIC(" +
             object("real " + std::to_string(bits), "ValkStaticFloat", "real",
                    "VALK_HEADER(VALK_KIND_FLOAT, 2), " + literal) +
             ")";
    }
    case DatumKind::string: {
      size_t n = d.text.size();
      return "VALK_STATIC(" +
             object("string " + d.text, "ValkStaticString<" + std::to_string(n + 1) + ">", "str",
                    "VALK_HEADER(VALK_KIND_STRING, 0), " + std::to_string(n) + ", " +
                        cpp_string(d.text)) +
             ")";
    }
    case DatumKind::symbol:
    case DatumKind::keyword:
      return symbol(d);
    case DatumKind::list:
    case DatumKind::block:
      return d.items.empty() ? "VALK_NIL" : list(d);
    case DatumKind::value:
      break;  // only the evaluator meets those
  }
  return "VALK_NIL";
}

// ---- sites --------------------------------------------------------------------------------------

/// Each source line stands once, however many sites are on it.
std::string SitePool::line_text(uint32_t file, uint32_t number, std::string_view text) {
  auto [it, fresh] =
      lines_.try_emplace({file, number}, "line_" + std::to_string(lines_.size() + 1));
  if (fresh) text_ += "static const char " + it->second + "[] = " + cpp_string(text) + ";\n";
  return it->second;
}

/// The initializer of the call that was replaced by its callee's body, worked out once: calls replaced in
/// bodies that were themselves copied make chains as long as the program.
std::string SitePool::caller_of(uint32_t index, const InlinedCall& inlined,
                                const std::string& around, const Program& program) {
  if (!inlined.call.is_known()) return "";
  auto found = callers_.find({index, around});
  if (found != callers_.end()) return found->second;
  std::string caller = ", " + site(inlined.call, around, program);
  callers_.emplace(std::pair(index, around), caller);
  return caller;
}

std::string SitePool::site(Span span, const std::string& around, const Program& program) {
  if (!span.is_known()) return "nullptr";
  std::string function = around, parent;
  if (span.inlined) {
    const InlinedCall& inlined = program.inlined[span.inlined - 1];
    function = inlined.callee;
    parent = caller_of(span.inlined, inlined, around, program);
  }
  Position at = sources_.position(span);
  std::string_view line = sources_.line(span);
  uint32_t length = span.end > span.begin ? span.end - span.begin : 1;
  uint32_t end = at.column + length;
  uint32_t limit = static_cast<uint32_t>(line.size()) + 1;
  if (end > limit) end = limit > at.column ? limit : at.column + 1;
  std::string body = cpp_string(sources_.path(span.file)) + ", " + std::to_string(at.line) + ", " +
                     std::to_string(at.column) + ", " + std::to_string(end) + ", " +
                     cpp_string(function) + ", " + line_text(span.file, at.line, line) + parent;
  auto [it, fresh] = names_.try_emplace(body);
  if (fresh) {
    it->second = "site_" + std::to_string(names_.size());
    text_ += "static const ValkSite " + it->second + " = {" + body + "};\n";
  }
  return "&" + it->second;
}

// ---- builtins -----------------------------------------------------------------------------------

std::string PrimitivePool::function(const Primitive& p) {
  std::string name(p.symbol);
  if (!once("function " + name)) return name;
  if (p.has(EFFECT_SUSPENDS)) {
    text_ += "void " + name + "(Vm*, Value, Value, Value, Value, Value);\n";
  } else if (p.uses_registers()) {
    text_ += "Value " + name + "(Vm*, Value*";
    for (int i = 0; i < p.min_args; i++) text_ += ", Value";
    text_ += ");\n";
  } else {
    text_ += "Value " + name + "(Vm*, Value*, Fix);\n";
  }
  return name;
}

namespace {
struct OpRow {
  const char* id;
  const char* start;
  const char* cancel;
  int min_args, max_args;
};
const OpRow op_rows[] = {
#define OP(id, name, symbol, min, max, cancel, params, doc) {#id, #symbol, #cancel, min, max},
#include "runtime/prims.def"
    {nullptr, nullptr, nullptr, 0, 0}};
}  // namespace

std::string PrimitivePool::operation(const Primitive& p) {
  std::string name = "op_" + std::string(p.id);
  if (!once("operation " + name)) return name;
  for (const OpRow& row : op_rows) {
    if (!row.id || p.id != row.id) continue;
    if (once(std::string("start ") + row.start))
      text_ += std::string("void ") + row.start + "(Vm*, Value*, Fix, ValkOpId);\n";
    if (once(std::string("cancel ") + row.cancel))
      text_ += std::string("void ") + row.cancel + "(Vm*, ValkOpId);\n";
    text_ += "static const ValkOp " + name + " = {" + cpp_string(p.name) + ", " +
             cpp_string(p.params) + ", " + std::to_string(row.min_args) + ", " +
             std::to_string(row.max_args) + ", " + row.start + ", " + row.cancel + "};\n";
  }
  return name;
}

std::string PrimitivePool::value(const Primitive& p) {
  std::string name = "prim_" + std::string(p.id);
  if (once("value " + name)) {
    std::string signature = cpp_string("(" + std::string(p.name) + (p.params.empty() ? "" : " ") +
                                       std::string(p.params) + ")");
    std::string counts = std::to_string(p.min_args) + ", " + std::to_string(p.max_args);
    if (p.has(EFFECT_OPERATION)) {
      text_ += "static const ValkPrimitiveFn " + name + "_fn = VALK_OPERATION_FN(" +
               cpp_string(p.name) + ", " + signature + ", " + operation(p) + ");\n";
    } else {
      const char* maker =
          p.has(EFFECT_SUSPENDS) ? "VALK_SUSPEND_PRIMITIVE_FN" : "VALK_PRIMITIVE_FN";
      text_ += "static const ValkPrimitiveFn " + name + "_fn = " + maker + "(" +
               cpp_string(p.name) + ", " + signature + ", " + function(p) + ", " + counts + ");\n";
    }
    text_ += "static const ValkStaticClosure " + name + " = {VALK_HEADER(VALK_KIND_CLOSURE, 2), &" +
             name + "_fn};\n";
  }
  return "VALK_STATIC(" + name + ")";
}

// ---- externs ------------------------------------------------------------------------------------

/// An extern is a builtin whose C++ function is an adapter: it turns arguments into plain data, calls
/// the user's function, and turns the result back (runtime/io/extern.h).
std::string PrimitivePool::external(const Global& g) {
  const Extern& e = *g.external;
  std::string name = "x_" + cpp_identifier(e.symbol);
  if (!once("extern " + name)) return "VALK_STATIC(" + name + ")";
  if (once("extern header")) text_ += "#include \"runtime/io/extern.h\"\n";
  int given = e.is_operation ? e.arity - 1 : e.arity;
  std::string types, values;
  for (int i = 0; i < given; i++) {
    types += std::string(i ? ", " : "") + "ValkData";
    values += std::string(i ? ", " : "") + "a[" + std::to_string(i) + "]";
  }
  std::string count = std::to_string(given);
  std::string shown = cpp_string(g.name);
  std::string signature = cpp_string("(" + g.name + (given ? " …)" : ")"));
  std::string unused = given ? "" : "[[maybe_unused]] ";
  if (e.is_operation) {
    text_ += "extern \"C\" void " + e.symbol + "(" + types + (given ? ", " : "") + "ValkHandle);\n";
    text_ += "static void " + name + "_apply(" + unused + "const ValkData* a, ValkHandle k) {\n  " +
             e.symbol + "(" + values + (given ? ", " : "") + "k);\n}\n";
    text_ += "static void " + name + "_start(Vm* vm, Value* sp, Fix n, ValkOpId op) {\n" +
             "  valk_extern_start(vm, sp, n, op, " + name + "_apply);\n}\n";
    text_ += "static const ValkOp " + name + "_op = {" + shown + ", \"\", " + count + ", " + count +
             ", " + name + "_start, valk_extern_cancel};\n";
    text_ += "static const ValkPrimitiveFn " + name + "_fn = VALK_OPERATION_FN(" + shown + ", " +
             signature + ", " + name + "_op);\n";
  } else {
    text_ += "extern \"C\" ValkData " + e.symbol + "(" + types + ");\n";
    text_ += "static ValkData " + name + "_apply(" + unused + "const ValkData* a) { return " +
             e.symbol + "(" + values + "); }\n";
    text_ += "static const ValkExternFn " + name + "_fn = VALK_EXTERN_FN(" + shown + ", " +
             signature + ", " + name + "_apply, " + count + ");\n";
  }
  text_ += "static const ValkStaticClosure " + name + " = {VALK_HEADER(VALK_KIND_CLOSURE, 2), &" +
           name + "_fn};\n";
  return "VALK_STATIC(" + name + ")";
}

}  // namespace valkc
