// Signals as something to ask about, and the limit of stopping.
#pragma once

#include <chrono>

namespace ytterby::cli {

// Blocks SIGTERM and SIGINT in this and all later threads; call before any thread starts.
void BlockStopSignals();
// Waits up to `wait` for one of them. A second one ends the process at once.
bool StopRequested(std::chrono::milliseconds wait);

// For daemons: SIGHUP asks them to read their configuration again. Call BlockReloadSignal before any thread starts.
void BlockReloadSignal();
bool ReloadRequested();

// SIGPIPE, SIGUSR1 and SIGUSR2 end nothing: writes say that a pipe is closed, and the others mean nothing here.
void IgnoreOtherSignals();

// Ends the process with 0 when stopping takes longer than `limit`: the next start finishes from the archive what is
// under way.
void LimitStopping(std::chrono::seconds limit);

}  // namespace ytterby::cli
