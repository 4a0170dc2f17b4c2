// The report of an error that nothing has caught: FILE:LINE:COL: error: MESSAGE, the source line with a
// caret, then a line for each frame.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/prims/output.h"
#include "runtime/value/error.h"
#include "runtime/value/print.h"
#include "runtime/value/store.h"

static void add_position(ValkText* text, const ValkSite* site) {
  text->add_format("%s:%u:%u: ", site->file, site->line, site->column);
}

/// The source line, and below it a caret and tildes under the expression.
static void add_source(ValkText* text, const ValkSite* site) {
  if (!site->text || !*site->text) return;
  text->add_format("  %s\n  ", site->text);
  size_t length = strlen(site->text);
  for (size_t i = 0; i + 1 < site->column && i < length; ++i)
    text->add(site->text[i] == '\t' ? '\t' : ' ');
  text->add('^');
  for (valk_u32 i = site->column + 1; i < site->end_column; ++i) text->add('~');
  text->add('\n');
}

static void add_frame(ValkText* text, Value entry) {
  static const char* const how[] = {"in", "awaited by", "spawned at", "in"};
  const ValkSite* site = valk_trace_site(entry);
  const char* name = site->function && *site->function ? site->function : "top level";
  text->add_format("  %s %s (%s:%u)\n", how[entry & VALK_TRACE_MASK], name, site->file, site->line);
}

static void add_message(ValkText* text, Value error) {
  Value message = valk_is_error(error) ? valk_object(error)[VALK_ERROR_MESSAGE] : error;
  text->add("error: ");
  valk_print_value(text, message, false);
  text->add('\n');
}

void valk_report_warning(Vm* vm, const ValkSite* site, const char* format, ...) {
  valk_flush_output(vm);
  char message[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  ValkText text;
  if (site) add_position(&text, site);
  text.add_format("warning: %s\n", message);
  if (site) add_source(&text, site);
  fwrite(text.bytes(), 1, text.length(), stderr);
}

void valk_report_error(Vm* vm, Value error) {
  valk_flush_output(vm);
  ValkText text;
  Value trace = valk_is_error(error) ? valk_object(error)[VALK_ERROR_TRACE] : VALK_NIL;
  size_t count = 0;
  const Value* entries = nullptr;
  if (valk_is_kind(trace, VALK_KIND_BYTES)) {
    count = valk_bytes_length(trace) / sizeof(Value);
    entries = reinterpret_cast<const Value*>(valk_bytes_data(trace));
  }
  if (count != 0) add_position(&text, valk_trace_site(entries[0]));
  add_message(&text, error);
  if (count != 0) add_source(&text, valk_trace_site(entries[0]));
  for (size_t i = 0; i < count; ++i) add_frame(&text, entries[i]);
  if (count == VALK_MAX_TRACE) text.add("  …\n");
  fwrite(text.bytes(), 1, text.length(), stderr);
}
