using System.Runtime.InteropServices;
using Cria.Cli;

Terminal terminal = Terminal.OfProcess();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = terminal.Interrupts.Interrupt());

return await CommandLine.RunAsync(args, terminal, terminal.Interrupts.Token);
