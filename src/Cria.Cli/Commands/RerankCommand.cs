using System.CommandLine;
using System.Globalization;

namespace Cria.Cli.Commands;

/// <summary><c>cria rerank</c>: sorts documents by how well they answer a query.</summary>
internal static class RerankCommand
{
    public static Command Create(Terminal terminal)
    {
        var query = new Argument<string>("query") { Description = "What is asked." };
        var documents = new Argument<string[]>("documents")
        {
            Description = "The documents; without any, each line of a pipe is one.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        ModelSource model = new ModelSource().WithContext().WithSpeed().WithLongerContext();
        var command = new CriaCommand(
            "rerank",
            "Sort documents by how well they answer a query.",
            "cria rerank -m reranker.gguf \"What eats grass?\" \"Llamas graze.\" \"Lions hunt.\"",
            "cria rerank -m reranker.gguf \"What eats grass?\" --json < sentences.txt") { query, documents };
        model.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string[] texts = parsed.GetValue(documents) is { Length: > 0 } given ? given : await ReadLinesAsync(terminal, cancellationToken);
            await using LlamaModel loaded = await model.LoadAsync(parsed, terminal, cancellationToken);
            IReadOnlyList<RankedDocument> ranked = await ProgressBar.ShowAsync(
                terminal, "Reading the documents", () => loaded.RerankAsync(parsed.GetRequiredValue(query), texts, cancellationToken));
            if (parsed.WantsJson()) terminal.WriteJson(RerankReport.From(ranked), CliJson.Default.RerankReport);
            else List(terminal, ranked);
            return ExitCode.Success;
        });
        return command;
    }

    private static async Task<string[]> ReadLinesAsync(Terminal terminal, CancellationToken cancellationToken)
    {
        const string missing = "The documents are missing. Give them as arguments after the query, or as lines through a pipe.";
        string text = await TextSource.ReadPipeAsync(terminal, isAskedFor: false, missing, cancellationToken);
        return [.. TextSource.WithoutLastLineBreak(text).Split('\n').Select(line => line.TrimEnd('\r'))];
    }

    private static void List(Terminal terminal, IReadOnlyList<RankedDocument> ranked)
    {
        var listing = new Listing("score", "index", "document");
        foreach (RankedDocument document in ranked)
        {
            listing.Add(
                document.Score.ToString("0.0000", CultureInfo.InvariantCulture),
                document.Index.ToString(CultureInfo.InvariantCulture),
                document.Document);
        }

        listing.Write(terminal);
    }
}

/// <summary>The JSON document of <c>cria rerank</c>: the documents, best first.</summary>
internal sealed record RerankReport(IReadOnlyList<RankedReport> Results)
{
    public static RerankReport From(IReadOnlyList<RankedDocument> ranked) =>
        new([.. ranked.Select(document => new RankedReport(document.Index, document.Score, document.Document))]);
}

internal sealed record RankedReport(int Index, float Score, string Document);
