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
            "Measure the time that a grammar takes for each token, with random texts.",
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
            if (parsed.WantsJson()) terminal.WriteJson(GrammarSpeedReport.Of(speed, tokenizer), CliJson.Default.GrammarSpeedReport);
            else List(terminal, speed, tokenizer);
            return ExitCode.Success;
        });
        return command;
    }

    private static Tokenizer ReadTokenizer(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return Tokenizer.FromFile(file);
    }

    private static void List(Terminal terminal, GrammarSpeed speed, Tokenizer tokenizer)
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
        listing.Write(terminal);
    }
}

/// <summary>The JSON document of <c>cria grammar bench</c>.</summary>
internal sealed record GrammarSpeedReport(
    int Vocabulary, int Tokens, int Texts, double TreeMs, double FirstMaskMs, double ColdFirstMaskMs, double MedianUs, double P99Us, double MaxUs)
{
    public static GrammarSpeedReport Of(GrammarSpeed speed, Tokenizer tokenizer) => new(
        tokenizer.Count,
        speed.Tokens,
        speed.Texts,
        Math.Round(speed.TokenTree.TotalMilliseconds, 2),
        Math.Round(speed.FirstMask.TotalMilliseconds, 2),
        Math.Round(speed.FirstMaskOfProcess.TotalMilliseconds, 2),
        Math.Round(speed.MedianMicroseconds, 2),
        Math.Round(speed.Percentile99Microseconds, 2),
        Math.Round(speed.MostMicroseconds, 2));
}
