using System.Globalization;
using Cria.Runtime;

namespace Cria.Bench;

/// <summary>What a comparison is asked to do.</summary>
internal sealed record CompareOptions
{
    /// <summary>The name, among the rows, of the curve over thread counts.</summary>
    public const string Scaling = "scaling";

    public const string Usage = """
        usage: compare [--rows A,B] [--threads N] [--pairs N] [--quick] [--output FILE] [--models FOLDER] [--keep]

          --rows A,B       only these rows; 'list' prints their names
          --threads N      threads of both engines; by default one for each core that this process may use
          --pairs N        measurements of each engine, by turns; by default 5, quick 2
          --quick          small models, short prompts: shows that all works, measures nothing
          --output FILE    writes the report there too
          --models FOLDER  where models are written; by default cria-bench in the temporary folder
          --keep           keeps the models for the next run; otherwise each is deleted after its last row
        """;

    /// <summary>Names of rows, or none for all.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    public int Threads { get; init; } = ProcessorCores.Count();

    public int Pairs { get; init; }

    public bool Quick { get; init; }

    public string? Output { get; init; }

    public string Models { get; init; } = Path.Combine(Path.GetTempPath(), "cria-bench");

    public bool Keep { get; init; }

    public int PairCount => Pairs > 0 ? Pairs : Quick ? 2 : 5;

    public IEnumerable<Row> Rows => Bench.Rows.All.Where(row => Wants(row.Id));

    public bool Wants(string name) => Names.Count == 0 || Names.Contains(name);

    /// <summary>Reads a command line; throws <see cref="FormatException"/> where it says something else.</summary>
    public static CompareOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new CompareOptions();
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            options = name switch
            {
                "--quick" => options with { Quick = true },
                "--keep" => options with { Keep = true },
                "--rows" => options with { Names = Value(arguments, ref i).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) },
                "--threads" => options with { Threads = Count(name, Value(arguments, ref i)) },
                "--pairs" => options with { Pairs = Count(name, Value(arguments, ref i)) },
                "--output" => options with { Output = Value(arguments, ref i) },
                "--models" => options with { Models = Value(arguments, ref i) },
                _ => throw new FormatException($"Unknown option {name}."),
            };
        }

        string[] unknown = [.. options.Names.Where(name => name != Scaling && Bench.Rows.All.All(row => row.Id != name))];
        if (unknown.Length > 0) throw new FormatException($"There is no row {string.Join(", ", unknown)}; 'list' prints those that there are.");
        return options;
    }

    private static string Value(ReadOnlySpan<string> arguments, ref int i) =>
        ++i < arguments.Length ? arguments[i] : throw new FormatException($"{arguments[i - 1]} needs a value.");

    private static int Count(string option, string value) =>
        int.TryParse(value, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= 1024
            ? count
            : throw new FormatException($"{option} takes a number between 1 and 1024, not {value}.");
}
