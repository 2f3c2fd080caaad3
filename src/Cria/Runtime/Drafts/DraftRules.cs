using System.Runtime.CompilerServices;
using Cria.Text;

namespace Cria.Runtime.Drafts;

/// <summary>Which model can guess the texts of which.</summary>
internal static class DraftRules
{
    private static readonly ConditionalWeakTable<Tokenizer, ConditionalWeakTable<Tokenizer, object>> s_equal = [];

    /// <summary>Refuses a draft model that cannot guess for another.</summary>
    /// <exception cref="ObjectDisposedException">The draft model is disposed.</exception>
    /// <exception cref="UnsupportedTaskException">It cannot generate.</exception>
    /// <exception cref="VocabularyMismatchException">It has other tokens.</exception>
    public static void Check(Engine draft, Engine model)
    {
        draft.Scheduler.ThrowIfDisposed();
        OptionRules.Require(nameof(GenerationOptions.Speculation), draft.Info.Name, draft != model, "a draft model other than the model itself");
        if (draft.Network is { CanPredict: false } network) throw UnsupportedTaskException.Generation(network.Shape.Architecture);
        ConditionalWeakTable<Tokenizer, object> known = s_equal.GetOrCreateValue(model.Tokenizer);
        if (known.TryGetValue(draft.Tokenizer, out _)) return;
        Compare(draft, model.Tokenizer);
        known.TryAdd(draft.Tokenizer, known);
    }

    private static void Compare(Engine draft, Tokenizer tokenizer)
    {
        for (int token = 0; token < Math.Max(draft.Tokenizer.Count, tokenizer.Count); token++)
        {
            string? expected = Text(tokenizer, token), found = Text(draft.Tokenizer, token);
            if (expected != found) throw new VocabularyMismatchException(draft.Info.Name, token, expected, found);
        }
    }

    private static string? Text(Tokenizer tokenizer, int token) => token < tokenizer.Count ? tokenizer.TokenText(token) : null;
}
