using System.Globalization;

namespace Cria.Text.Chats;

/// <summary>How far a part of a call could be read.</summary>
internal enum Progress
{
    NeedsMore,
    Done,
    Failed,
}

/// <summary>A part of what a model writes to call a tool. It knows how to be read, and as which grammar rule it is forced.</summary>
internal abstract class ToolNotationPart
{
    /// <summary>The part as a GBNF expression for a call of one tool.</summary>
    public abstract string Gbnf(ToolNotationGrammar grammar, ChatTool tool);

    /// <summary>A reader of this part for one call.</summary>
    public abstract ToolNotationPartReader CreateReader();

    /// <summary>The fixed texts in it.</summary>
    public virtual IEnumerable<string> Marks => [];
}

/// <summary>Reads one part of one call from text that comes in pieces.</summary>
internal abstract class ToolNotationPartReader
{
    public abstract Progress Read(ChatReaderText text, CallInProgress call);

    /// <summary>Passes on what was still held back of an announced call that breaks off here.</summary>
    public virtual void BreakOff(ChatReaderText text, CallInProgress call)
    {
    }

    protected static Progress Ask(Fit match) => match switch
    {
        Fit.Yes => Progress.Done,
        Fit.Perhaps => Progress.NeedsMore,
        _ => Progress.Failed,
    };
}

/// <summary>A fixed text; spaces around it may be missing or others.</summary>
internal sealed class LiteralPart(string text) : ToolNotationPart
{
    /// <summary>Models are known to leave it out.</summary>
    public bool IsOptional { get; init; }

    /// <summary>The text without the spaces around it.</summary>
    public string Core { get; } = text.Trim();

    public override IEnumerable<string> Marks => [text];

    public override string Gbnf(ToolNotationGrammar grammar, ChatTool tool) => grammar.Literal(text);

    public override ToolNotationPartReader CreateReader() => new Reader(this);

    private sealed class Reader(LiteralPart part) : ToolNotationPartReader
    {
        public override Progress Read(ChatReaderText text, CallInProgress call)
        {
            bool isMore = text.SkipWhitespace() || text.IsComplete;
            Progress progress = isMore ? Ask(text.Skip(part.Core)) : Progress.NeedsMore;
            return progress == Progress.Failed && part.IsOptional ? Progress.Done : progress;
        }

        public override void BreakOff(ChatReaderText text, CallInProgress call) => text.SkipBeginningOf(part.Core);
    }
}

/// <summary>What a word in a call stands for.</summary>
internal enum WordMeaning
{
    Name,
    Id,
    Number,
}

/// <summary>The name of the tool, or the id or number of the call.</summary>
internal sealed class WordPart(WordMeaning meaning, string gbnf = "[0-9]{1,4}") : ToolNotationPart
{
    private const string Ends = "<>[](){}=,;:|\"'`";

    // Longer than any name in use; a text that goes on and on is none.
    private const int LongestWord = 256;

    public override string Gbnf(ToolNotationGrammar grammar, ChatTool tool) =>
        meaning == WordMeaning.Name ? grammar.Literal(tool.Name) : gbnf;

    public override ToolNotationPartReader CreateReader() => new Reader(meaning);

    private sealed class Reader(WordMeaning meaning) : ToolNotationPartReader
    {
        public override Progress Read(ChatReaderText text, CallInProgress call)
        {
            text.SkipWhitespace();
            ReadOnlySpan<char> rest = text.Unread;
            int length = 0;
            while (length < rest.Length && !char.IsWhiteSpace(rest[length]) && !Ends.Contains(rest[length])) length++;
            if (length > LongestWord) return Progress.Failed;
            if (length == rest.Length) return text.IsComplete ? Progress.Failed : Progress.NeedsMore;
            if (length == 0) return Progress.Failed;
            return Take(text.Take(length), call);
        }

        private Progress Take(string word, CallInProgress call)
        {
            if (meaning == WordMeaning.Name) call.Name = word;
            else if (meaning == WordMeaning.Id) call.Id = word;
            else if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int number)) call.Number = number;
            else return Progress.Failed;
            return Progress.Done;
        }
    }
}

/// <summary>Parts that models leave out at times, together; the first of them, a literal, tells. A grammar has them written.</summary>
internal sealed class OptionalPart(LiteralPart first, params ToolNotationPart[] rest) : ToolNotationPart
{
    public override string Gbnf(ToolNotationGrammar grammar, ChatTool tool) =>
        string.Join(' ', rest.Prepend(first).Select(part => part.Gbnf(grammar, tool)));

    public override ToolNotationPartReader CreateReader() => new Reader(first, rest);

    public override IEnumerable<string> Marks => [.. first.Marks, .. rest.SelectMany(part => part.Marks)];

    private sealed class Reader(LiteralPart first, ToolNotationPart[] rest) : ToolNotationPartReader
    {
        private readonly SequenceReader _rest = new(rest);
        private bool _isThere;

        public override Progress Read(ChatReaderText text, CallInProgress call)
        {
            if (!_isThere)
            {
                if (!text.SkipWhitespace() && !text.IsComplete) return Progress.NeedsMore;
                Fit match = text.Skip(first.Core);
                if (match != Fit.Yes) return match == Fit.No ? Progress.Done : Progress.NeedsMore;
                _isThere = true;
            }

            return _rest.Read(text, call);
        }
    }
}

/// <summary>Text that says nothing, up to and with a mark.</summary>
internal sealed class SkippedPart(string mark, string gbnf) : ToolNotationPart
{
    private readonly ChatReaderStops _stops = new(mark);

    public override IEnumerable<string> Marks => [mark];

    public override string Gbnf(ToolNotationGrammar grammar, ChatTool tool) => $"{gbnf} {grammar.Exactly(mark)}";

    public override ToolNotationPartReader CreateReader() => new Reader(_stops);

    private sealed class Reader(ChatReaderStops stops) : ToolNotationPartReader
    {
        public override Progress Read(ChatReaderText text, CallInProgress call)
        {
            text.Skip(text.LengthBefore(stops, out string? mark));
            if (mark is null) return text.IsComplete ? Progress.Failed : Progress.NeedsMore;
            text.Skip(mark.Length);
            return Progress.Done;
        }
    }
}

/// <summary>Reads parts one after the other.</summary>
internal sealed class SequenceReader(IReadOnlyList<ToolNotationPart> parts) : ToolNotationPartReader
{
    private ToolNotationPartReader? _reader;
    private int _next;

    public override Progress Read(ChatReaderText text, CallInProgress call)
    {
        while (true)
        {
            if (_reader is null)
            {
                if (_next == parts.Count) return Progress.Done;
                _reader = parts[_next++].CreateReader();
            }

            Progress progress = _reader.Read(text, call);
            if (progress != Progress.Done) return progress;
            _reader = null;
        }
    }

    public override void BreakOff(ChatReaderText text, CallInProgress call) => _reader?.BreakOff(text, call);
}
