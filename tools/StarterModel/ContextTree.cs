namespace Cria.Starter;

/// <summary>What may follow a context, the most frequent first: tokens, or words to recall.</summary>
internal sealed record Continuation(int Token, Placeholder? Recalled);

/// <summary>One to four words and what may follow them; <see cref="Parent"/> is the longest shorter context that it refines.</summary>
internal sealed class Context(int[] words, IReadOnlyList<Continuation> next, Context? parent)
{
    /// <summary>The words by their numbers in contexts, the latest first.</summary>
    public int[] Words => words;

    public IReadOnlyList<Continuation> Next => next;

    public Context? Parent => parent;
}

/// <summary>
/// The contexts that the stories need: all of one word, and longer ones where they know better than what they end with.
/// </summary>
internal sealed class ContextTree
{
    public const int LongestContext = 4;
    private const int MostContinuations = 7;

    private readonly Dictionary<string, (int[] Words, Dictionary<Continuation, int> Counts, HashSet<string> Chapters)> _seen = [];

    public ContextTree(StoryBook book, StarterVocabulary vocabulary)
    {
        Symbol story = new(vocabulary.ContextOf(vocabulary.Bos), [vocabulary.Bos], null);
        Symbol end = new(vocabulary.ContextOf(vocabulary.Eos), [vocabulary.Eos], null);
        Symbol blank = new(vocabulary.ContextOf(vocabulary.BlankLine), [vocabulary.BlankLine], null);
        foreach (Chapter chapter in book.Chapters)
        {
            Chapter[] before = [.. book.Chapters.Where(c => c.Next.Contains(chapter.Name))];
            // Before the first word there is only the token that begins a story; in a text that is no story, a blank line leads to one.
            Symbol[][] tails = before.Length > 0 ? [.. before.SelectMany(c => c.Lines).Select(line => line[^LongestContext..])]
                : [[story, story, story, story], [blank]];
            foreach (Symbol[] line in chapter.Lines)
            {
                foreach (Symbol[] tail in tails)
                {
                    // Further in, a context does not reach back to the line before.
                    Count([.. tail, .. line], tail.Length, chapter.Name, tail == tails[0] ? line.Length : LongestContext);
                }

                if (chapter.Next is [StoryBook.End]) Count([.. line, end], line.Length, chapter.Name, 1);
            }
        }

        Contexts = Select([new Continuation(vocabulary.BlankLine, null)]);
    }

    /// <summary>The contexts, shorter ones first; the first one is empty and says what follows the unknown.</summary>
    public IReadOnlyList<Context> Contexts { get; }

    /// <summary>Where four words do not tell apart chapters that do not follow the same one: a story could jump there.</summary>
    public IEnumerable<string> Ambiguities(StoryBook book, StarterVocabulary vocabulary) => _seen.Values
        .Where(s => s.Words.Length == LongestContext && s.Counts.Count > 1)
        .Where(s => s.Chapters.Count > 1 && !book.Chapters.Any(before => s.Chapters.IsSubsetOf(before.Next)))
        .Select(s => $"{string.Join(", ", s.Chapters)}: {vocabulary.Describe(s.Words.Reverse())}");

    private void Count(Symbol[] text, int first, string chapter, int count)
    {
        for (int i = first; i < Math.Min(text.Length, first + count); i++)
        {
            for (int length = 1; length <= Math.Min(LongestContext, i); length++)
            {
                int[] words = [.. Enumerable.Range(1, length).Select(back => text[i - back].Context)];
                string key = string.Join(' ', words);
                if (!_seen.TryGetValue(key, out var seen)) _seen[key] = seen = (words, [], []);
                seen.Chapters.Add(chapter);
                foreach (Continuation next in Continuations(text[i])) seen.Counts[next] = seen.Counts.GetValueOrDefault(next) + 1;
            }
        }
    }

    private static IEnumerable<Continuation> Continuations(Symbol symbol) =>
        symbol.Recalled is { } recalled ? [new Continuation(-1, recalled)] : symbol.Tokens.Select(token => new Continuation(token, null));

    private List<Context> Select(Continuation[] afterUnknown)
    {
        var kept = new Dictionary<string, Context> { [""] = new([], afterUnknown, null) };
        // A dictionary that nothing was removed from enumerates in the order of insertion, which makes the file reproducible.
        foreach ((string key, (int[] words, Dictionary<Continuation, int> counts, _)) in _seen.OrderBy(s => s.Value.Words.Length))
        {
            Continuation[] next = [.. counts.OrderByDescending(c => c.Value).Select(c => c.Key).Take(MostContinuations)];
            Context parent = kept[""];
            for (int length = 1; length < words.Length; length++)
                parent = kept.GetValueOrDefault(string.Join(' ', words[..length]), parent);
            if (!next.SequenceEqual(parent.Next)) kept[key] = new Context(words, next, parent);
        }

        return [.. kept.Values];
    }
}
