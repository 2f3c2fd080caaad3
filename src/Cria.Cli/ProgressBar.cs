using Spectre.Console;

namespace Cria.Cli;

/// <summary>Shows a person how far work has come that takes longer than a second.</summary>
internal static class ProgressBar
{
    /// <summary>
    /// Does <paramref name="work"/>; if a person looks at standard error, a bar is drawn there until it is done.
    /// <paramref name="fraction"/> tells the part that is done, from 0 to 1, by the state that the work reports.
    /// </summary>
    public static async Task<TResult> ShowAsync<TState, TResult>(
        Terminal terminal, string title, Func<TState, double> fraction, Func<IProgress<TState>?, Task<TResult>> work)
        where TState : struct
    {
        if (!terminal.ErrorIsSeen) return await work(null);
        var latest = new Latest<TState>(fraction);
        Task<TResult> task = Task.Run(() => work(latest));
        await DrawAsync(title, task, () => latest.Fraction);
        return await task;
    }

    /// <summary>Does <paramref name="work"/> that cannot tell how far it has come.</summary>
    public static async Task<TResult> ShowAsync<TResult>(Terminal terminal, string title, Func<Task<TResult>> work)
    {
        if (!terminal.ErrorIsSeen) return await work();
        Task<TResult> task = Task.Run(work);
        await DrawAsync(title, task, () => null);
        return await task;
    }

    private static async Task DrawAsync(string title, Task work, Func<double?> fraction)
    {
        // Most work is done before anybody would look at a bar.
        if (await Task.WhenAny(work, Task.Delay(TimeSpan.FromSeconds(1))) == work) return;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        await console.Progress()
            .AutoClear(true)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn(), new ProgressBarColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask bar = context.AddTask(Markup.Escape(title), maxValue: 1);
                bar.IsIndeterminate = fraction() is null;
                while (await Task.WhenAny(work, Task.Delay(TimeSpan.FromMilliseconds(100))) != work) bar.Value = fraction() ?? 0;
            });
    }

    /// <summary>Keeps the last state that was reported, for whoever draws next.</summary>
    private sealed class Latest<TState>(Func<TState, double> measure) : IProgress<TState>
    {
        private double _fraction;

        public double Fraction => Volatile.Read(ref _fraction);

        public void Report(TState value) => Volatile.Write(ref _fraction, measure(value));
    }
}
