// The normal exit of a try in suspending code; the other exit is raise.cpp.
#include "runtime/valk.h"

void valk_handler_return(VALK_SUSPEND_PARAMS) {
  VALK_RETURN(valk_object(k)[VALK_FRAME_PARENT], self);
}
