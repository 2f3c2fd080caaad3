using System.CommandLine;
using System.Globalization;

namespace Cria.Cli.Commands;

/// <summary><c>cria embed</c>: turns a text into the vector that stands for it.</summary>
internal static class EmbedCommand
{
    public static Command Create(Terminal terminal)
    {
        var text = new TextSource();
        var embedding = new EngineOptions<EmbeddingOptions>(new EmbeddingOptions());
        embedding.Value(["--pooling"], nameof(EmbeddingOptions.Pooling),
            Values.ReadName<PoolingType>, (o, value) => o with { Pooling = value }, "none|mean|cls|last|rank",
            "How the vectors of tokens become one; the model's own way unless given.");
        embedding.Integer(["--embd-normalize"], nameof(EmbeddingOptions.Normalization),
            o => o.Normalization, (o, value) => o with { Normalization = value },
            "How vectors are scaled: 2 Euclidean, 1 taxicab, any higher p-norm, 0 to 16-bit integers, -1 not at all.");
        ModelSource model = new ModelSource().WithContext().WithSpeed().WithLongerContext();
        var command = new CriaCommand(
            "embed",
            "Turn a text into a vector.",
            "cria embed -m model.gguf \"The quick brown fox\"",
            "cria embed -m model.gguf -f text.txt --json");
        text.AddTo(command);
        embedding.AddTo(command);
        model.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string content = await text.ReadWithoutLastLineBreakAsync(parsed, terminal, cancellationToken);
            await using LlamaModel loaded = await model.LoadAsync(parsed, terminal, cancellationToken);
            TextEmbedding result = await ProgressBar.ShowAsync(
                terminal, "Reading the text", () => loaded.EmbedAsync(content, embedding.Read(parsed), cancellationToken));
            if (parsed.WantsJson()) terminal.WriteJson(EmbedReport.From(result), CliJson.Default.EmbedReport);
            else foreach (float[] vector in result.Vectors) terminal.Out.WriteLine(Line(vector));
            return ExitCode.Success;
        });
        return command;
    }

    private static string Line(float[] vector) => string.Join(' ', vector.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
}

/// <summary>The JSON document of <c>cria embed</c>: one vector, or without pooling one for each token.</summary>
internal sealed record EmbedReport(string Pooling, int Tokens, float[]? Embedding, IReadOnlyList<float[]>? Embeddings)
{
    public static EmbedReport From(TextEmbedding result)
    {
        bool isPooled = result.Pooling != PoolingType.None;
        return new EmbedReport(
            result.Pooling.ToString().ToLowerInvariant(), result.TokenCount, isPooled ? result.Vector : null, isPooled ? null : result.Vectors);
    }
}
