// See work.h.
#include "runtime/io/work.h"

#include <stddef.h>
#include <unistd.h>

#include <memory>

#include "runtime/control/simulation.h"
#include "runtime/io/arguments.h"
#include "runtime/io/uv.h"
#include "runtime/value/value.h"

/// Work as libuv and the ready list know it.
struct ValkJob {
  uv_work_t request;
  ValkEvent event;
  ValkTimer turn;  ///< in a simulation: when the work is done, without a thread
  ValkOpId op;
  bool is_wanted;  ///< not cancelled
  bool has_begun;  ///< handed to a thread
  ValkWork* work;
};

namespace {

using Job = ValkJob;

void run(uv_work_t* request) {
  ValkWork* work = static_cast<Job*>(request->data)->work;
  work->run(work);
}

void end(Job* job) {
  valk_event_withdraw(&job->event);
  std::unique_ptr<ValkWork> work(job->work);
  std::unique_ptr<Job> owned(job);
  if (!work->file && work->descriptor >= 0) close(work->descriptor);  // opened for nobody
}

void on_done(uv_work_t* request, int status) {
  Job* job = static_cast<Job*>(request->data);
  if (status < 0 && !job->work->error) job->work->error = ECANCELED;
  if (job->work->file) valk_file_work_ended(job->work->file);
  if (job->is_wanted) return valk_event_post(&job->event);
  end(job);
}

/// The seed says how long the system takes.
void simulate(Job* job) {
  job->turn.fire = [](Vm*, ValkTimer* timer) {
    Job* j = reinterpret_cast<Job*>(reinterpret_cast<char*>(timer) - offsetof(Job, turn));
    run(&j->request);
    on_done(&j->request, 0);
  };
  valk_timer_start(&job->turn, valk_sim_below(2) ? valk_sim_below(20000000) : 0);
}

void report_error(Vm* vm, ValkOpId op, const ValkWork* work) {
  if (work->over_limit)
    return valk_op_fail_code(vm, vm->sp, op, ":limit", nullptr, "%s: %s is too large", work->name,
                             work->path.c_str());
  int code = uv_translate_sys_error(work->error);
  valk_op_fail_code(vm, vm->sp, op, ":io", uv_err_name(code), "%s: %s: %s", work->name,
                    work->path.c_str(), uv_strerror(code));
}

void deliver(Vm* vm, ValkEvent* event) {
  Job* job = reinterpret_cast<Job*>(reinterpret_cast<char*>(event) - offsetof(Job, event));
  std::unique_ptr<ValkWork> work(job->work);
  ValkOpId op = job->op;
  std::unique_ptr<Job>(job).reset();
  valk_loop_release();
  if (work->error || work->over_limit) return report_error(vm, op, work.get());
  Value value = work->result(vm, vm->sp, work.get());
  if (value == VALK_ERR) return valk_op_fail_raised(vm, vm->sp, op);
  work.reset();
  valk_op_complete_opened(vm, op, value, value);
}

}  // namespace

void valk_work_prepare(Vm* vm, ValkWork* work, ValkOpId op) {
  Job* job = std::make_unique<Job>().release();
  job->request.data = job;
  job->event.deliver = deliver;
  job->op = op;
  job->is_wanted = true;
  job->work = work;
  work->job = job;
  valk_op_set_native(vm, op, job);
  valk_loop_hold();
}

bool valk_work_go(ValkWork* work) {
  Job* job = work->job;
  if (!job->is_wanted) {
    end(job);
    return false;
  }
  job->has_begun = true;
  if (valk_is_simulated())
    simulate(job);
  else
    uv_queue_work(valk_uv_loop(), &job->request, run, on_done);
  return true;
}

void valk_work_start(Vm* vm, ValkWork* work, ValkOpId op) {
  valk_work_prepare(vm, work, op);
  valk_work_go(work);
}

void valk_work_cancel(Vm* vm, ValkOpId op) {
  Job* job = static_cast<Job*>(valk_op_native(vm, op));
  if (!job || !job->is_wanted) return;
  job->is_wanted = false;
  valk_loop_release();
  if (job->event.queued) return end(job);  // its thread is done
  if (job->has_begun && !valk_is_simulated()) uv_cancel(reinterpret_cast<uv_req_t*>(&job->request));
}
