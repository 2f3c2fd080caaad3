using System.Text.RegularExpressions;

namespace Cria.Starter;

/// <summary>One step of a line: a token, a choice among some, or a word recalled from an earlier choice.</summary>
internal sealed record Symbol(int Context, int[] Tokens, Placeholder? Recalled);

/// <summary>A chapter of the book: its lines, of which a story takes one, and the chapters that may follow.</summary>
internal sealed record Chapter(string Name, bool EndsParagraph, string[] Next)
{
    public List<Symbol[]> Lines { get; } = [];
}

/// <summary>The book that the model tells from, read from stories.txt.</summary>
internal sealed partial class StoryBook
{
    public const string End = "end";

    public StoryBook(StarterVocabulary vocabulary)
    {
        var texts = new List<(Chapter Chapter, List<string> Lines)>();
        foreach (string line in ReadLines())
        {
            if (Header().Match(line) is { Success: true } header)
            {
                texts.Add((new Chapter(header.Groups[1].Value, header.Groups[2].Length > 0, header.Groups[3].Value.Split(' ')), []));
            }
            else
            {
                texts[^1].Lines.Add(line);
            }
        }

        Chapters = [.. texts.Select(t => t.Chapter)];
        foreach ((Chapter chapter, List<string> lines) in texts)
        {
            Chapter[] before = [.. Chapters.Where(c => c.Next.Contains(chapter.Name))];
            bool startsParagraph = before.Length == 0 || before[0].EndsParagraph;
            if (before.Any(c => c.EndsParagraph != startsParagraph))
                throw new InvalidDataException($"Of the chapters before {chapter.Name}, some end a paragraph and some do not.");
            foreach (string line in lines)
            {
                chapter.Lines.Add(Parse((startsParagraph ? "" : " ") + line + (chapter.EndsParagraph ? "\n\n" : ""), vocabulary));
            }
        }
    }

    public IReadOnlyList<Chapter> Chapters { get; }

    private static Symbol[] Parse(string line, StarterVocabulary vocabulary)
    {
        var symbols = new List<Symbol>();
        int at = 0;
        foreach (Match mark in Mark().Matches(line))
        {
            Say(line[at..mark.Index]);
            at = mark.Index + mark.Length;
            string name = mark.Groups[1].Value;
            if (name.EndsWith('+'))
            {
                int[] choices = vocabulary.Choices(name[..^1]);
                symbols.Add(new Symbol(vocabulary.ContextOf(choices[0]), choices, null));
            }
            else
            {
                Placeholder recalled = vocabulary.Placeholders[name];
                symbols.Add(new Symbol(vocabulary.ContextOf(vocabulary.Id(recalled.Forms[0])), [], recalled));
            }
        }

        Say(line[at..]);
        return [.. symbols];

        void Say(string text)
        {
            foreach (int token in vocabulary.Learn(text)) symbols.Add(new Symbol(vocabulary.ContextOf(token), [token], null));
        }
    }

    private static IEnumerable<string> ReadLines()
    {
        using Stream stream = typeof(StoryBook).Assembly.GetManifestResourceStream("stories.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#') yield return line;
        }
    }

    [GeneratedRegex(@"^@(\w+)( /)? > ([\w ]+)$")]
    private static partial Regex Header();

    // A mark takes the space before it: the words it stands for have theirs.
    [GeneratedRegex(@" \{(\w+\+?)\}")]
    private static partial Regex Mark();
}
