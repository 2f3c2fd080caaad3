using System.CommandLine;

namespace Cria.Cli;

/// <summary>A grammar that the command line names: as GBNF, as a JSON schema or as a regular expression.</summary>
internal sealed class GrammarSource
{
    private readonly Option<string?> _gbnf = File("--gbnf", "A grammar in llama.cpp's notation.");
    private readonly Option<string?> _schema = File("--schema", "A JSON schema.");

    private readonly Option<string?> _regex = new("--regex")
    {
        Description = "A regular expression for the whole text.",
        HelpName = "pattern",
    };

    public void AddTo(Command command)
    {
        command.Add(_gbnf);
        command.Add(_schema);
        command.Add(_regex);
    }

    public bool IsGiven(ParseResult parsed) => Given(parsed).Any();

    public async Task<Grammar> ReadAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken) =>
        (await PrepareAsync(parsed, terminal, cancellationToken))();

    /// <summary>Reads the files, so that only making the grammar is left to do.</summary>
    public async Task<Func<Grammar>> PrepareAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string[] given = [.. Given(parsed)];
        if (given.Length > 1) throw new UsageException($"{given[0]} and {given[1]} are both given. Leave one out.");
        if (parsed.GetValue(_regex) is { } pattern) return () => Grammar.FromRegex(pattern);
        if (parsed.GetValue(_schema) is { } schemaFile)
        {
            string schema = await TextSource.ReadFileAsync(schemaFile, "schema", terminal, cancellationToken);
            return () => Grammar.FromJsonSchema(schema);
        }
        if (parsed.GetValue(_gbnf) is not { } grammarFile) throw new UsageException("The grammar is missing. Give it with --gbnf, --schema or --regex.");
        string gbnf = await TextSource.ReadFileAsync(grammarFile, "grammar", terminal, cancellationToken);
        return () => Grammar.FromGbnf(gbnf);
    }

    private IEnumerable<string> Given(ParseResult parsed) =>
        new[] { _gbnf, _schema, _regex }.Where(option => parsed.GetValue(option) is not null).Select(option => option.Name);

    private static Option<string?> File(string name, string description) => new(name) { Description = description, HelpName = "file" };
}
