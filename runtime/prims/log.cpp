// The log: one line on standard error, with time and level.
#include <stdio.h>
#include <time.h>

#include "runtime/prims/prims.h"
#include "runtime/value/print.h"

static void add_time(ValkText* text) {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  tm parts;
  gmtime_r(&now.tv_sec, &parts);
  text->add_format("%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", parts.tm_year + 1900, parts.tm_mon + 1,
                   parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, now.tv_nsec / 1000000);
}

static Value write_line(const char* level, const Value* arguments, Fix n) {
  ValkText text;
  add_time(&text);
  text.add(level);
  for (Fix i = 0; i < n; ++i) {
    text.add(' ');
    valk_print_value(&text, arguments[i], false);
  }
  text.add('\n');
  fwrite(text.bytes(), 1, text.length(), stderr);
  return VALK_NIL;
}

Value valk_log_info(Vm*, Value* sp, Fix n) { return write_line(" info", sp, n); }
Value valk_log_warn(Vm*, Value* sp, Fix n) { return write_line(" warn", sp, n); }
Value valk_log_error(Vm*, Value* sp, Fix n) { return write_line(" error", sp, n); }
