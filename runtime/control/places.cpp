// Where in the program a task stands: not in the library, which waits for many.
#include <string.h>

#include "runtime/control/control.h"

#define LIBRARY_FOLDER(name) static const char library_folder[] = name;
#include "runtime/library.def"

bool valk_is_library_site(const ValkSite* site) {
  return strncmp(site->file, library_folder, sizeof library_folder - 1) == 0;
}

const ValkSite* valk_user_site(const ValkSite* site) {
  while (site && valk_is_library_site(site)) site = site->inlined_at;
  return site;
}

static const ValkSite* user_site_of_frames(Value k) {
  Value segments = VALK_NIL;
  for (; k != VALK_NIL; k = valk_next_frame(k, &segments)) {
    const ValkSite* site = valk_user_site(valk_own_site(k));
    if (site) return site;
  }
  return nullptr;
}

const ValkSite* valk_task_user_site(Value task) {
  for (; task != VALK_NIL; task = valk_task_get(task, VALK_TASK_PARENT)) {
    Value k = valk_task_get(task, VALK_TASK_K);
    bool is_parked = valk_task_state(task) == VALK_TASK_PARKED && k != VALK_NIL;
    const ValkSite* site = is_parked ? user_site_of_frames(k) : nullptr;
    const ValkSite* made_at = valk_task_site(task);
    if (!site && made_at) site = valk_user_site(made_at);
    if (site) return site;
  }
  return nullptr;
}
