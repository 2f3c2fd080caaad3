using System.Runtime.InteropServices;
using Cria.Cli;

using var cancellation = new CancellationTokenSource();

// The first Ctrl-C stops the work and keeps what there is; a second one ends the process as usual.
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
{
    signal.Cancel = !cancellation.IsCancellationRequested;
    cancellation.Cancel();
});

return await CommandLine.RunAsync(args, Terminal.OfProcess(), cancellation.Token);
