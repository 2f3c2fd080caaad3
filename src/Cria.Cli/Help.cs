using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Cria.Cli;

/// <summary>A command whose help ends with examples.</summary>
internal sealed class CriaCommand(string name, string description, params string[] examples) : Command(name, description)
{
    public string[] Examples => examples;
}

/// <summary>Shows the parser's help for a command and, below it, the command's examples.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    private static readonly string[] FirstSteps =
        ["cria run \"Once upon a time\"", "cria run -m model.gguf -f question.txt -n 200", "cria inspect model.gguf"];

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        help.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (string example in parseResult.CommandResult.Command is CriaCommand command ? command.Examples : FirstSteps)
            output.WriteLine($"  {example}");
        return ExitCode.Success;
    }
}
