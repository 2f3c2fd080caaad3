using System.Diagnostics;
using Cria.Runtime;
using Cria.Runtime.Drafts;

namespace Cria;

public sealed partial class LlamaModel
{
    /// <summary>
    /// Measures how much sooner a text comes when it is guessed. The model is made to say a given text, at the cost of choosing it freely, so that guesses are right
    /// where that text can be guessed, whatever this model would say.
    /// </summary>
    /// <param name="prompt">What comes before the text.</param>
    /// <param name="text">The text that is generated.</param>
    /// <param name="options">How tokens are chosen, and who guesses.</param>
    /// <param name="repetitions">How often the text is generated without and with guesses, in turn, after a round to warm up.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public async Task<SpeculationBenchmarkResult> BenchmarkSpeculationAsync(
        ReadOnlyMemory<int> prompt, ReadOnlyMemory<int> text, GenerationOptions? options = null, int repetitions = 5, CancellationToken cancellationToken = default)
    {
        OptionRules.AtLeast(nameof(repetitions), repetitions, 1, "1 or more");
        options = Checked(options) with { MaxTokens = text.Length };
        _engine.CheckPrompt(prompt.Span, options);
        OptionRules.Require(nameof(text), "empty", !text.IsEmpty, "at least one token");
        OptionRules.CheckTokens(nameof(text), text.Span, _engine.Tokenizer.Count);
        if (prompt.Length + text.Length > ContextLength) throw new ContextFullException(prompt.Length + text.Length, ContextLength);

        var plain = new List<double>();
        var guessed = new List<double>();
        DraftUsage drafts = default;
        for (int round = 0; round <= repetitions; round++)
        {
            double without = (await SayAsync(options with { Speculation = Speculation.None }).ConfigureAwait(false)).Timings.PredictedPerSecond;
            GenerationResult with = await SayAsync(options).ConfigureAwait(false);
            if (round == 0) continue;
            plain.Add(without);
            guessed.Add(with.Timings.PredictedPerSecond);
            drafts = new DraftUsage(drafts.Proposed + with.Drafts.Proposed, drafts.Accepted + with.Drafts.Accepted);
        }

        return new SpeculationBenchmarkResult(prompt.Length, text.Length, plain, guessed, drafts);

        Task<GenerationResult> SayAsync(GenerationOptions choice)
        {
            var request = new GenerationRequest(prompt.ToArray(), choice, Stopwatch.GetTimestamp()) { Constraint = new DictatedText(text) };
            return Start(request, cancellationToken).Completion;
        }
    }
}
