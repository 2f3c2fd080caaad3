using System.CommandLine;

namespace Cria.Cli.Commands;

/// <summary><c>cria perplexity</c>: measures how well a model predicts a text.</summary>
internal static class PerplexityCommand
{
    public static Command Create(Terminal terminal)
    {
        var text = new TextSource(isArgument: false);
        var window = new EngineOption<int>(nameof(ModelOptions.ContextLength), "--ctx-size", "-c")
        {
            Description = "The number of tokens in a window; the second half of each is scored.",
            HelpName = "count",
            CustomParser = Values.ReadInteger,
            DefaultValueFactory = _ => 512,
        };
        ModelSource model = new ModelSource().WithSpeed().WithLongerContext().WithAdapters();
        var command = new CriaCommand(
            "perplexity",
            "Measure how well a model predicts a text.",
            "cria perplexity -m model.gguf -f wiki.test.raw -c 512",
            "cria perplexity -m model.gguf -f wiki.test.raw --json") { window };
        text.AddTo(command);
        model.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string content = await text.ReadWithoutLastLineBreakAsync(parsed, terminal, cancellationToken);
            int length = parsed.GetValue(window);
            if (length < 4) throw new UsageException($"-c is {length}, but a window must have at least 4 tokens.");
            await using LlamaModel loaded = await model.LoadAsync(
                parsed, terminal, cancellationToken, options => options with { ContextLength = length });
            PerplexityResult result = await ProgressBar.ShowAsync<PerplexityProgress, PerplexityResult>(
                terminal,
                "Predicting the text",
                state => (double)state.Window / state.Windows,
                progress => loaded.MeasurePerplexityAsync(content, length, progress, cancellationToken));
            if (parsed.WantsJson())
            {
                terminal.WriteJson(
                    new PerplexityReport(result.Perplexity, result.StandardError, result.TokenCount, result.Windows),
                    CliJson.Default.PerplexityReport);
            }
            else
            {
                terminal.Out.WriteLine(FormattableString.Invariant(
                    $"perplexity {result.Perplexity:0.0000} ± {result.StandardError:0.0000}"));
                terminal.Out.WriteLine(FormattableString.Invariant($"{result.TokenCount} tokens in {result.Windows} windows"));
            }

            return ExitCode.Success;
        });
        return command;
    }
}

/// <summary>The JSON document of <c>cria perplexity</c>.</summary>
internal sealed record PerplexityReport(double Perplexity, double StandardError, int Tokens, int Windows);
