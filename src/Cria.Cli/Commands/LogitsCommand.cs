using System.CommandLine;
using System.Globalization;
using Cria.Text;

namespace Cria.Cli.Commands;

/// <summary><c>cria logits</c>: shows what the model expects after some tokens.</summary>
internal static class LogitsCommand
{
    private const int Shown = 10;

    public static Command Create(Terminal terminal)
    {
        var text = new TextSource();
        var tokens = new Option<string?>("--tokens")
        {
            Description = "The tokens, instead of a text: ids with commas between them.",
            HelpName = "ids",
        };
        ModelSource model = new ModelSource().WithContext().WithSpeed().WithLongerContext().WithAdapters();
        var command = new CriaCommand(
            "logits",
            "Show what the model expects next.",
            "cria logits -m model.gguf \"The capital of France is\"",
            "cria logits -m model.gguf --tokens 1,15043,3186 --json") { tokens };
        text.AddTo(command);
        model.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            int[]? prompt = parsed.GetValue(tokens) is { } ids ? TokenList.Parse(ids) : null;
            if (prompt is not null && text.IsGiven(parsed)) throw new UsageException("Both a text and --tokens are given. Leave one out.");
            string content = prompt is null ? await text.ReadWithoutLastLineBreakAsync(parsed, terminal, cancellationToken) : "";
            await using LlamaModel loaded = await model.LoadAsync(parsed, terminal, cancellationToken);
            prompt ??= await loaded.TokenizeAsync(content, addSpecial: true, parseSpecial: true, cancellationToken);
            if (prompt.Length == 0) throw new UsageException("There are no tokens to go by. Give at least one.");
            TokenList.Check(prompt, loaded.Info.VocabularySize);
            float[] logits = await ProgressBar.ShowAsync(
                terminal, "Reading the tokens", () => loaded.GetLogitsAsync(prompt, cancellationToken));
            if (parsed.WantsJson()) terminal.WriteJson(new LogitsReport(logits), CliJson.Default.LogitsReport);
            else ListBest(terminal, model.ReadTokenizer(parsed), logits);
            return ExitCode.Success;
        });
        return command;
    }

    private static void ListBest(Terminal terminal, Tokenizer tokenizer, float[] logits)
    {
        int[] order = [.. Enumerable.Range(0, logits.Length)];
        Array.Sort(order, (a, b) => logits[b].CompareTo(logits[a]) is not 0 and int order ? order : a.CompareTo(b));
        double total = 0;
        foreach (float logit in logits) total += Math.Exp(logit - logits[order[0]]);

        var listing = new Listing("id", "text", "logit", "probability");
        foreach (int token in order.Take(Shown))
        {
            double probability = Math.Exp(logits[token] - logits[order[0]]) / total;
            listing.Add(
                token.ToString(CultureInfo.InvariantCulture),
                Visible.InQuotes(tokenizer.PieceBytes(token, special: true)),
                logits[token].ToString("R", CultureInfo.InvariantCulture),
                probability.ToString("0.0000", CultureInfo.InvariantCulture));
        }

        listing.Write(terminal);
    }
}

/// <summary>The JSON document of <c>cria logits</c>: one value for each token of the vocabulary.</summary>
internal sealed record LogitsReport(float[] Logits);
