// Polling for signals, and limiting how long stopping may take.
#pragma once

#include <chrono>

namespace ytterby::cli {

// Blocks SIGTERM and SIGINT in this and all later threads; call before any thread starts.
void BlockStopSignals();
// Waits up to `wait` for one of them. A second one ends the process at once.
bool StopRequested(std::chrono::milliseconds wait);

// For daemons: SIGHUP makes them read their configuration again. Call BlockReloadSignal before any thread starts.
void BlockReloadSignal();
bool ReloadRequested();

// Ignores SIGPIPE, because writes report a closed pipe, and SIGUSR1 and SIGUSR2, which mean nothing here.
void IgnoreOtherSignals();

// Ends the process with 0 if stopping takes longer than `limit`: the next start finishes the work in flight from the
// archive.
void LimitStopping(std::chrono::seconds limit);

}  // namespace ytterby::cli
