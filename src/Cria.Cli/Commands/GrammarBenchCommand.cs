using System.CommandLine;
using System.Globalization;
using Cria.Gguf;
using Cria.Text;

namespace Cria.Cli.Commands;

/// <summary><c>cria grammar bench</c>: measures how long a grammar takes for each token.</summary>
internal static class GrammarBenchCommand
{
    private const string SampleSchema =
        """
        {
          "type": "object",
          "properties": {
            "id": { "type": "integer" },
            "name": { "type": "string", "maxLength": 120 },
            "summary": { "type": "string" },
            "rating": { "type": "number" },
            "isPublic": { "type": "boolean" },
            "level": { "enum": ["easy", "medium", "hard"] },
            "created": { "type": "string", "format": "date" },
            "author": {
              "type": "object",
              "properties": { "name": { "type": "string" }, "email": { "type": ["string", "null"] } },
              "required": ["name", "email"]
            },
            "ingredients": {
              "type": "array",
              "minItems": 12,
              "items": {
                "type": "object",
                "properties": { "name": { "type": "string", "minLength": 1 }, "grams": { "type": "integer" }, "note": { "type": "string" } },
                "required": ["name", "grams"]
              }
            },
            "steps": { "type": "array", "minItems": 8, "items": { "type": "string", "maxLength": 400 } }
          },
          "required": ["id", "name", "summary", "rating", "isPublic", "level", "created", "author", "ingredients", "steps"]
        }
        """;

    private const int Pairs = 5, MostGenerated = 200;

    public static Command Create(Terminal terminal)
    {
        var vocabulary = new Option<string?>("--vocab") { Description = "A GGUF file with a vocabulary; one without weights will do.", HelpName = "file" };
        var count = new Option<int>("--tokens", "-n")
        {
            Description = "The tokens to take at least.",
            HelpName = "count",
            CustomParser = Values.ReadInteger,
            DefaultValueFactory = _ => 1000,
        };
        var seed = new Option<int>("--seed")
        {
            Description = "What the random texts depend on.",
            HelpName = "number",
            CustomParser = Values.ReadInteger,
            DefaultValueFactory = _ => 1,
        };
        var source = new GrammarSource();
        var model = new ModelSource();
        var command = new CriaCommand(
            "bench",
            "Measure the time that a grammar takes for each token, with random texts, and what it costs a model that generates.",
            "cria grammar bench --vocab ggml-vocab-llama-bpe.gguf",
            "cria grammar bench -m model.gguf --schema recipe.json --json") { vocabulary, count, seed };
        source.AddTo(command);
        model.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            int tokens = parsed.GetValue(count);
            if (tokens < 1) throw new UsageException("-n must be at least 1.");
            Tokenizer tokenizer = ReadTokenizer(model.FindFile(parsed, parsed.GetValue(vocabulary)));
            Func<Grammar> compile = source.IsGiven(parsed)
                ? await source.PrepareAsync(parsed, terminal, cancellationToken)
                : () => Grammar.FromJsonSchema(SampleSchema);
            GrammarSpeed speed = GrammarBenchmark.Run(compile, tokenizer, tokens, parsed.GetValue(seed));
            double? ratio = null;
            if (parsed.GetValue(vocabulary) is null)
            {
                await using LlamaModel loaded = await model.LoadAsync(parsed, terminal, cancellationToken);
                ratio = await CompareAsync(loaded, compile(), Math.Min(tokens, MostGenerated), cancellationToken);
            }

            if (parsed.WantsJson()) terminal.WriteJson(GrammarSpeedReport.Of(speed, tokenizer, ratio), CliJson.Default.GrammarSpeedReport);
            else List(terminal, speed, tokenizer, ratio);
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>The speed of generating with a grammar in parts of that without: the median of pairs, the first of which only warms up.</summary>
    private static async Task<double> CompareAsync(LlamaModel model, Grammar grammar, int tokens, CancellationToken cancellationToken)
    {
        const string Prompt = "Here it is: ";
        var ratios = new List<double>();
        for (int pair = 0; pair <= Pairs; pair++)
        {
            var free = new GenerationOptions { MaxTokens = tokens, Temperature = 1, Seed = pair, IgnoreEos = true };
            double without = (await model.GenerateAsync(Prompt, free, cancellationToken)).Timings.PredictedPerSecond;
            double with = (await model.GenerateAsync(Prompt, free with { Grammar = grammar }, cancellationToken)).Timings.PredictedPerSecond;
            if (pair > 0) ratios.Add(with / without);
        }

        return ratios.Order().ElementAt(Pairs / 2);
    }

    private static Tokenizer ReadTokenizer(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return Tokenizer.FromFile(file);
    }

    private static void List(Terminal terminal, GrammarSpeed speed, Tokenizer tokenizer, double? ratio)
    {
        var listing = new Listing("what", "value");
        listing.Add("vocabulary", string.Create(CultureInfo.InvariantCulture, $"{tokenizer.Count} tokens"));
        listing.Add("tokens taken", speed.Tokens.ToString(CultureInfo.InvariantCulture));
        listing.Add("tree of tokens, once", string.Create(CultureInfo.InvariantCulture, $"{speed.TokenTree.TotalMilliseconds:0.0} ms"));
        listing.Add("grammar and first mask", string.Create(CultureInfo.InvariantCulture, $"{speed.FirstMask.TotalMilliseconds:0.0} ms"));
        listing.Add("the same, first in the process", string.Create(CultureInfo.InvariantCulture, $"{speed.FirstMaskOfProcess.TotalMilliseconds:0.0} ms"));
        listing.Add("per token, median", string.Create(CultureInfo.InvariantCulture, $"{speed.MedianMicroseconds:0.0} µs"));
        listing.Add("per token, 99 in 100", string.Create(CultureInfo.InvariantCulture, $"{speed.Percentile99Microseconds:0.0} µs"));
        listing.Add("per token, slowest", string.Create(CultureInfo.InvariantCulture, $"{speed.MostMicroseconds:0.0} µs"));
        if (ratio is { } measured) listing.Add("generating with it, of without", string.Create(CultureInfo.InvariantCulture, $"{measured:0.00}"));
        listing.Write(terminal);
    }
}

/// <summary>The JSON document of <c>cria grammar bench</c>.</summary>
internal sealed record GrammarSpeedReport(
    int Vocabulary, int Tokens, int Texts, double TreeMs, double FirstMaskMs, double ColdFirstMaskMs, double MedianUs, double P99Us, double MaxUs,
    double? GenerationRatio)
{
    public static GrammarSpeedReport Of(GrammarSpeed speed, Tokenizer tokenizer, double? ratio) => new(
        tokenizer.Count,
        speed.Tokens,
        speed.Texts,
        Math.Round(speed.TokenTree.TotalMilliseconds, 2),
        Math.Round(speed.FirstMask.TotalMilliseconds, 2),
        Math.Round(speed.FirstMaskOfProcess.TotalMilliseconds, 2),
        Math.Round(speed.MedianMicroseconds, 2),
        Math.Round(speed.Percentile99Microseconds, 2),
        Math.Round(speed.MostMicroseconds, 2),
        ratio is { } measured ? Math.Round(measured, 3) : null);
}
