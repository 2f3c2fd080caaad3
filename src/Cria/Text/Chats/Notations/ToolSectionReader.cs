namespace Cria.Text.Chats;

/// <summary>Reads the calls of an answer from the beginning of the first to the end of the last.</summary>
/// <remarks>
/// Until a call is announced its text can still be given back: then it was none, and it is part of the answer. From then on it
/// stays a call, however it ends.
/// </remarks>
internal sealed class ToolSectionReader(ToolNotation notation, Func<CallInProgress> begin)
{
    private static readonly string[] ListSeparators = [",", ";"];

    // Where JSON is expected, models write a list or a single call as they like.
    private readonly bool _mayBeList = notation.IsList || notation.Call[0] is JsonCallPart;
    private CallInProgress? _call;
    private SequenceReader? _parts;
    private bool _isInList = notation.IsList;
    private Stage _stage;

    private enum Stage
    {
        Open,
        List,
        Call,
        AfterCall,
        AfterSeparator,
        Close,
    }

    /// <summary>Reads on: <see cref="Progress.Failed"/> means that the text from the mark on is no call.</summary>
    public Progress Read(ChatReaderText text)
    {
        while (true)
        {
            Progress? end = _stage switch
            {
                Stage.Open => ReadOpen(text),
                Stage.List => ReadListOpen(text),
                Stage.Call => ReadCall(text),
                Stage.AfterCall or Stage.AfterSeparator => ReadNext(text),
                _ => ReadClose(text),
            };
            if (end is { } progress) return progress;
        }
    }

    /// <summary>Begins with a call whose name the header has told.</summary>
    public void BeginCall(CallInProgress call)
    {
        _call = call;
        _parts = new SequenceReader(notation.Call);
        _stage = Stage.Call;
    }

    private Progress? ReadOpen(ChatReaderText text)
    {
        foreach (string open in (string[])[notation.Open.Trim(), .. notation.OtherOpens, .. notation.DoubtfulOpens])
        {
            Fit match = open.Length == 0 ? Fit.No : text.Skip(open);
            if (match == Fit.Perhaps) return Progress.NeedsMore;
            if (match == Fit.Yes) break;
        }

        _stage = _mayBeList ? Stage.List : Stage.Call;
        return null;
    }

    private Progress? ReadListOpen(ChatReaderText text)
    {
        if (!text.SkipWhitespace()) return text.IsComplete ? Progress.Failed : Progress.NeedsMore;
        _isInList |= text.Skip("[") == Fit.Yes;
        _stage = Stage.Call;
        return null;
    }

    private Progress? ReadCall(ChatReaderText text)
    {
        if (_parts is null) BeginCall(begin());
        Progress progress = _parts!.Read(text, _call!);
        if (_call!.IsAnnounced) text.Settle();
        if (progress == Progress.Done)
        {
            _call.End();
            _parts = null;
            if (!_call.IsAnnounced) return Progress.Failed;
            _stage = Stage.AfterCall;
            return null;
        }

        if (progress == Progress.Failed && _call.IsAnnounced)
        {
            if (text.IsComplete) _parts.BreakOff(text, _call);
            return Progress.Done;
        }

        return progress;
    }

    private Progress? ReadNext(ChatReaderText text)
    {
        if (_stage == Stage.AfterCall) text.Mark();
        if (!text.SkipWhitespace()) return EndHere(text);

        string close = notation.Close.Trim();
        foreach (string end in _isInList ? (string[])["]", close] : [close])
        {
            Fit match = end.Length == 0 ? Fit.No : text.Skip(end);
            if (match == Fit.Perhaps) return Wait(text);
            if (match == Fit.No) continue;
            text.Settle();
            _stage = Stage.Close;
            return end == close ? Progress.Done : null;
        }

        foreach (string separator in ListSeparators)
        {
            if (_stage == Stage.AfterSeparator || text.Skip(separator) != Fit.Yes) continue;
            _stage = Stage.AfterSeparator;
            return null;
        }

        return ReadNextBegin(text);
    }

    private Progress? ReadNextBegin(ChatReaderText text)
    {
        Fit next = Fit.No;
        foreach (string open in NextOpens())
        {
            Fit match = text.Begins(open);
            if (match > next) next = match;
        }

        if (next == Fit.No && notation.Call[0] is JsonCallPart { Instead: { } instead }) next = instead.Begins(text, begin());
        if (next == Fit.Perhaps) return Wait(text);
        if (next == Fit.No) return EndHere(text);
        _stage = notation.IsBare || notation.Open.Length == 0 || text.Begins(notation.Open.Trim()) != Fit.Yes ? Stage.Call : Stage.Open;
        return null;
    }

    private IEnumerable<string> NextOpens()
    {
        // Python calls begin with a name, of which all that can be said is that it comes after a comma.
        if (notation.Call[0] is WordPart) return _stage == Stage.AfterSeparator ? [""] : [];
        if (notation.Call[0] is JsonCallPart) return [.. notation.Opens, "{"];
        return notation.Opens;
    }

    private Progress? ReadClose(ChatReaderText text)
    {
        string close = notation.Close.Trim();
        if (close.Length == 0) return Progress.Done;
        text.Mark();
        if (!text.SkipWhitespace()) return EndHere(text);
        Fit match = text.Skip(close);
        if (match == Fit.Perhaps) return Wait(text);
        if (match == Fit.No) return EndHere(text);
        text.Settle();
        return Progress.Done;
    }

    // What follows the last call belongs to the answer, with the spaces before it.
    private Progress? EndHere(ChatReaderText text)
    {
        if (text.Unread.IsEmpty && !text.IsComplete) return Wait(text);
        if (text.IsComplete) text.SkipBeginningOf(notation.Close.Trim());
        if (text.IsComplete && text.Unread.IsEmpty) text.Settle();
        else text.Return();
        return Progress.Done;
    }

    // Nothing is read until it is sure what it is.
    private Progress? Wait(ChatReaderText text)
    {
        text.Return();
        if (_stage == Stage.AfterSeparator) _stage = Stage.AfterCall;
        return Progress.NeedsMore;
    }
}
