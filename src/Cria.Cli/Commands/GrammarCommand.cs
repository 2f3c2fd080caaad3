using System.CommandLine;

namespace Cria.Cli.Commands;

/// <summary><c>cria grammar</c>: checks texts against a grammar, prints what a schema becomes, and measures masks.</summary>
internal static class GrammarCommand
{
    public static Command Create(Terminal terminal) => new CriaCommand(
        "grammar",
        "Check texts against a grammar, a JSON schema or a regular expression.",
        "cria grammar check --schema recipe.json --text '{\"name\": \"pancakes\"}'",
        "cria grammar print --schema recipe.json",
        "cria grammar bench -m model.gguf")
    {
        CreateCheck(terminal),
        CreatePrint(terminal),
        GrammarBenchCommand.Create(terminal),
    };

    private static CriaCommand CreateCheck(Terminal terminal)
    {
        var source = new GrammarSource();
        var text = new TextSource(isArgument: false);
        var direct = new Option<string?>("--text") { Description = "The text.", HelpName = "text" };
        var command = new CriaCommand(
            "check",
            "Tell whether a text is accepted, and if not, where it fails.",
            "cria grammar check --gbnf list.gbnf --file answer.txt",
            "cria grammar check --regex '[0-9]+' --text 42 --json") { direct };
        source.AddTo(command);
        text.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string? given = parsed.GetValue(direct);
            if (given is not null && text.IsGiven(parsed)) throw new UsageException("The text is given twice: with --text and with --file. Leave one out.");
            Grammar grammar = await source.ReadAsync(parsed, terminal, cancellationToken);
            string content = given ?? await text.ReadAsync(parsed, terminal, cancellationToken);
            GrammarCheck check = grammar.Check(content);
            if (parsed.WantsJson()) terminal.WriteJson(GrammarCheckReport.Of(check, content), CliJson.Default.GrammarCheckReport);
            else terminal.Out.WriteLine(Describe(check, content));
            return check.IsAccepted ? ExitCode.Success : ExitCode.Failure;
        });
        return command;
    }

    private static CriaCommand CreatePrint(Terminal terminal)
    {
        var source = new GrammarSource();
        var command = new CriaCommand(
            "print",
            "Print a grammar as GBNF, the notation of llama.cpp.",
            "cria grammar print --schema recipe.json > recipe.gbnf");
        source.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            Grammar grammar = await source.ReadAsync(parsed, terminal, cancellationToken);
            if (parsed.WantsJson()) terminal.WriteJson(new GrammarPrintReport(grammar.Gbnf), CliJson.Default.GrammarPrintReport);
            else terminal.Out.WriteLine(grammar.Gbnf.TrimEnd('\n'));
            return ExitCode.Success;
        });
        return command;
    }

    private static string Describe(GrammarCheck check, string text)
    {
        if (check.IsAccepted) return "accepted";
        (int line, int column) = GrammarCheckReport.Place(text, check.Position);
        string what = check.IsBeginning ? "the text ends too early" : "not accepted";
        return FormattableString.Invariant($"{what}: line {line}, column {column}: expected {check.Expected}");
    }
}

/// <summary>The JSON document of <c>cria grammar check</c>.</summary>
internal sealed record GrammarCheckReport(bool Accepted, bool Beginning, int? Position, int? Line, int? Column, string? Expected)
{
    public static GrammarCheckReport Of(GrammarCheck check, string text)
    {
        if (check.IsAccepted) return new GrammarCheckReport(true, true, null, null, null, null);
        (int line, int column) = Place(text, check.Position);
        return new GrammarCheckReport(false, check.IsBeginning, check.Position, line, column, check.Expected);
    }

    public static (int Line, int Column) Place(string text, int position)
    {
        ReadOnlySpan<char> before = text.AsSpan(0, position);
        return (before.Count('\n') + 1, position - before.LastIndexOf('\n'));
    }
}

/// <summary>The JSON document of <c>cria grammar print</c>.</summary>
internal sealed record GrammarPrintReport(string Gbnf);
