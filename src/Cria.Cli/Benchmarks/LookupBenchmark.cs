using System.CommandLine;
using System.Globalization;
using Cria.Gguf;
using Cria.Text;

namespace Cria.Cli.Benchmarks;

/// <summary><c>cria bench --lookup</c>: measures what guessing from the text itself gains, on texts that repeat their prompt and on one that does not.</summary>
internal sealed class LookupBenchmark
{
    // A model's own control tokens come first as a rule, and would end the text.
    private const int FirstOrdinaryToken = 3;

    private readonly Option<bool> _lookup = new("--lookup")
    {
        Description = "Measures how much faster texts come that repeat their prompt, with look-up and without, in turn.",
    };

    private readonly Option<string?> _vocabulary = new("--vocab")
    {
        Description = "A GGUF file whose vocabulary cuts the texts of --lookup, for models whose own is made up.",
        HelpName = "file",
    };

    private readonly Option<float> _temperature = new("--temp", "--temperature")
    {
        Description = "How tokens are chosen in --lookup.",
        HelpName = "number",
        CustomParser = Values.ReadNumber,
        DefaultValueFactory = _ => 0.8f,
    };

    public void AddTo(Command command)
    {
        command.Add(_lookup);
        command.Add(_vocabulary);
        command.Add(_temperature);
    }

    public bool IsAsked(ParseResult parsed) => parsed.GetValue(_lookup);

    public async Task<int> RunAsync(ParseResult parsed, ModelSource model, int repetitions, Terminal terminal, CancellationToken cancellationToken)
    {
        using GgufFile file = GgufFile.Open(model.FindFile(parsed, argument: null));
        Tokenizer own = Tokenizer.FromFile(file), tokenizer = own;
        if (parsed.GetValue(_vocabulary) is { } vocabulary)
        {
            using GgufFile other = GgufFile.Open(vocabulary);
            tokenizer = Tokenizer.FromFile(other);
        }

        LookupTask[] tasks = [.. LookupSamples.All.Select(sample => new LookupTask(sample.Name, Tokens(sample.Prompt), Tokens(sample.Text)))];
        int length = tasks.Max(task => task.Prompt.Length + task.Text.Length);
        await using LlamaModel loaded = await model.LoadAsync(
            parsed, terminal, cancellationToken, options => options with { ContextLength = length, AllowLongerContext = true });
        var options = new GenerationOptions { Temperature = parsed.GetValue(_temperature), IgnoreEos = true, Seed = 1 };
        var reports = new List<LookupReport>();
        foreach (LookupTask task in tasks)
        {
            SpeculationBenchmarkResult result = await ProgressBar.ShowAsync(
                terminal, $"Measuring {task.Name}", () => loaded.BenchmarkSpeculationAsync(task.Prompt, task.Text, options, repetitions, cancellationToken));
            reports.Add(LookupReport.From(task.Name, result, repetitions));
        }

        if (parsed.WantsJson()) terminal.WriteJson(reports, CliJson.Default.ListLookupReport);
        else List(terminal, reports);
        return ExitCode.Success;

        int[] Tokens(string text) => [.. tokenizer.Encode(text, addSpecial: false, parseSpecial: false)
            .Select(token => token < own.Count ? token : FirstOrdinaryToken + token % (own.Count - FirstOrdinaryToken))];
    }

    private static void List(Terminal terminal, List<LookupReport> reports)
    {
        var listing = new Listing("text", "tokens", "tokens/s plain", "with look-up", "ratio (median of pairs)", "range", "accepted per pass", "guesses right");
        foreach (LookupReport report in reports)
        {
            listing.Add(
                report.Text,
                report.Tokens.ToString(CultureInfo.InvariantCulture),
                Format(Median(report.PlainTokPerS)),
                Format(Median(report.LookupTokPerS)),
                Format(Median(report.Ratios)),
                $"{Format(report.Ratios.Min())} – {Format(report.Ratios.Max())}",
                Format(report.AcceptedPerPass),
                report.Proposed == 0 ? "none" : $"{100.0 * report.Accepted / report.Proposed:0} %");
        }

        listing.Write(terminal);

        static string Format(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private sealed record LookupTask(string Name, int[] Prompt, int[] Text);
}

/// <summary>A text in the JSON document of <c>cria bench --lookup</c>.</summary>
internal sealed record LookupReport(
    string Text, int PromptTokens, int Tokens, double[] PlainTokPerS, double[] LookupTokPerS, double[] Ratios, double AcceptedPerPass, int Proposed, int Accepted)
{
    public static LookupReport From(string name, SpeculationBenchmarkResult result, int repetitions)
    {
        // The accepted tokens of one repetition needed no pass of their own.
        double accepted = (double)result.Drafts.Accepted / repetitions;
        return new LookupReport(
            name,
            result.PromptTokens,
            result.GeneratedTokens,
            [.. result.PlainPerSecond.Select(Rounded)],
            [.. result.GuessedPerSecond.Select(Rounded)],
            [.. result.GuessedPerSecond.Zip(result.PlainPerSecond, (with, without) => Rounded(with / without))],
            Rounded(accepted / (result.GeneratedTokens - accepted)),
            result.Drafts.Proposed,
            result.Drafts.Accepted);
    }

    private static double Rounded(double value) => Math.Round(value, 3);
}
