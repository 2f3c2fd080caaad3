using System.CommandLine;

namespace Cria.Cli;

/// <summary>The exit codes that scripts can rely on.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int Usage = 2;
    public const int Cancelled = 130;
}

/// <summary>The command line asks for something that cannot be meant.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>Tells of a failure in one line on standard error, and chooses the exit code.</summary>
internal sealed class FailureReport(Terminal terminal, ParseResult parsed, bool verbose)
{
    private const int BrokenPipe = 32; // EPIPE on Linux and macOS; .NET keeps the number in HResult.

    public int Report(Exception exception)
    {
        if (exception is IOException { HResult: BrokenPipe }) return ExitCode.Success;
        try
        {
            // What was written before the failure is kept.
            terminal.Out.Flush();
        }
        catch (IOException)
        {
        }

        (int code, string? message) = exception switch
        {
            OperationCanceledException => (ExitCode.Cancelled, null),
            UsageException => (ExitCode.Usage, exception.Message),
            InvalidOptionException => (ExitCode.Usage, InTermsOfTheCommandLine(exception.Message)),
            ContextFullException full => (ExitCode.Failure,
                $"The context holds {full.Available} tokens, but {full.Needed} are needed. Shorten the text, or take a larger context with -c."),
            CriaException => (ExitCode.Failure, InTermsOfTheCommandLine(exception.Message)),
            IOException or UnauthorizedAccessException => (ExitCode.Failure, exception.Message),
            OutOfMemoryException => (ExitCode.Failure, "There is not enough memory. Try a smaller context (-c) or a smaller model."),
            _ => (ExitCode.Failure, $"Something unexpected happened ({exception.GetType().Name}: {exception.Message}). "
                + "Please report it with the output of --verbose."),
        };
        if (message is not null) terminal.Error.WriteLine($"cria: {InOneLine(message)}");
        if (verbose) terminal.Error.WriteLine(exception);
        return code;
    }

    private string InTermsOfTheCommandLine(string message) => FlagNames.Put(message, parsed);

    private static string InOneLine(string message) => Visible.OnOneLine(
        string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
}
