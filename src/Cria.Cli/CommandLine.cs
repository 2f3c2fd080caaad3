using System.CommandLine;
using System.CommandLine.Help;
using Cria.Cli.Chats;
using Cria.Cli.Commands;

namespace Cria.Cli;

/// <summary>Reads the arguments, runs the command they name and turns its end into an exit code.</summary>
internal static class CommandLine
{
    private const string Json = "--json", Verbose = "--verbose";

    public static bool WantsJson(this ParseResult parsed) => parsed.GetValue<bool>(Json);

    public static bool IsVerbose(this ParseResult parsed) => parsed.GetValue<bool>(Verbose);

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellationToken)
    {
        // Prompts may begin with '@', which would otherwise name a file of further arguments.
        ParseResult parsed = CreateRoot(terminal).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var failures = new FailureReport(terminal, parsed, parsed.IsVerbose());
        try
        {
            if (UsageErrors.Find(parsed) is { } wrong) return failures.Report(wrong);
            int code = await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = terminal.Out,
                    Error = terminal.Error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                },
                cancellationToken);
            terminal.Out.Flush();
            return code;
        }
        catch (Exception exception)
        {
            return failures.Report(exception);
        }
    }

    internal static RootCommand CreateRoot(Terminal terminal)
    {
        var root = new RootCommand("Run GGUF language models on this machine.")
        {
            new Option<bool>(Json) { Description = "Writes one JSON document to standard output.", Recursive = true },
            new Option<bool>(Verbose) { Description = "Adds statistics, and where an error came from.", Recursive = true },
            RunCommand.Create(terminal),
            ChatCommand.Create(terminal),
            InspectCommand.Create(terminal),
            TokenizeCommand.Create(terminal),
            DetokenizeCommand.Create(terminal),
            TemplateCommand.Create(terminal),
            LogitsCommand.Create(terminal),
            PerplexityCommand.Create(terminal),
            EmbedCommand.Create(terminal),
            RerankCommand.Create(terminal),
            BenchCommand.Create(terminal),
            QuantizeCommand.Create(terminal),
            GrammarCommand.Create(terminal),
        };
        HelpOption help = root.Options.OfType<HelpOption>().First();
        var helpWithExamples = new HelpWithExamples((HelpAction)help.Action!);
        help.Action = helpWithExamples;
        root.SetAction(helpWithExamples.Invoke);
        return root;
    }
}
