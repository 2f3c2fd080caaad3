namespace Cria.Text.Chats;

/// <summary>Reads what a model says, in whatever pieces it comes, into an answer, reasoning and tool calls.</summary>
/// <remarks>
/// What has been passed on is never taken back: text that may still become a mark waits. Text that looks like a call and is none
/// is part of the answer; a call that breaks off stays as it is. It is not safe for several threads.
/// </remarks>
internal sealed class ChatReader
{
    // A header that goes on longer is none.
    private const int LongestHeader = 256;

    private readonly ChatReaderText _text = new();
    private readonly ChatReaderOutput _output = new();
    private readonly ChatReaderMarks _marks;
    private readonly ToolNotation _notation;
    private readonly IReadOnlyList<ChatTool> _tools;
    private readonly bool _separatesReasoning;
    private readonly bool _isFormal;
    private ToolSectionReader? _section;
    private State _state;
    private bool _triedBare;

    /// <summary>Begins to read an answer.</summary>
    /// <param name="notation">How the model writes calls and reasoning.</param>
    /// <param name="tools">The tools that may be called; without any, no calls are read.</param>
    /// <param name="generationPrompt">
    /// The end of the prompt, with which the template began the answer: it may have begun the reasoning.
    /// </param>
    /// <param name="separatesReasoning">Whether reasoning is told apart; else it stays in the answer with its marks.</param>
    /// <param name="isFormal">Whether the answer is held to a grammar: once it has begun, all that comes is part of it, marks too.</param>
    public ChatReader(
        ChatNotation notation, IReadOnlyList<ChatTool> tools, string generationPrompt, bool separatesReasoning = true, bool isFormal = false)
    {
        _notation = notation.Tools;
        _tools = tools;
        _separatesReasoning = separatesReasoning;
        _isFormal = isFormal;
        _marks = new ChatReaderMarks(notation, tools.Count > 0);
        _state = _notation.Channels is null ? State.Answer : State.Header;
        ReadPrompt(notation.Reasoning, generationPrompt);
    }

    private enum State
    {
        Answer,
        Reasoning,
        Calls,
        Header,
    }

    /// <summary>The model is thinking, as far as its text has come: what it says now triggers nothing.</summary>
    public bool IsReasoning => _state == State.Reasoning;

    /// <summary>Everything that has been passed on so far.</summary>
    public ChatMessage Message => _output.Message;

    /// <summary>Takes the next piece of the model's text, with its control tokens written out.</summary>
    public IReadOnlyList<ChatDelta> Append(string piece)
    {
        _text.Append(piece);
        Read();
        return _output.TakeDeltas();
    }

    /// <summary>The text has ended: what was held back is passed on as what it is.</summary>
    public IReadOnlyList<ChatDelta> Finish()
    {
        _text.IsComplete = true;
        Read();
        if (_state == State.Answer) _output.End();
        return _output.TakeDeltas();
    }

    // The prompt's end is read like the model's own words, but not passed on. Its marks set the state.
    private void ReadPrompt(ReasoningNotation reasoning, string prompt)
    {
        // The template's words before the last mark are of no interest: a header begins afresh after it.
        if (_notation.Channels is { } channels)
        {
            int begin = prompt.LastIndexOf(channels.Begin, StringComparison.Ordinal);
            prompt = begin < 0 ? "" : prompt[begin..];
        }

        _output.IsSilent = true;
        _text.Append(prompt);
        _text.IsComplete = _notation.Channels is null;
        Read();
        _text.IsComplete = false;
        _output.IsSilent = false;
        if (_separatesReasoning || _state != State.Reasoning) return;
        int open = reasoning.Open.Max(mark => prompt.LastIndexOf(mark, StringComparison.Ordinal));
        if (open >= 0) _output.Answer(prompt[open..]);
    }

    private void Read()
    {
        while (true)
        {
            bool goesOn = _state switch
            {
                State.Answer => ReadAnswer(),
                State.Reasoning => ReadReasoning(),
                State.Calls => ReadCalls(),
                _ => ReadHeader(),
            };
            if (!goesOn) return;
        }
    }

    private bool ReadAnswer()
    {
        if (_output is { IsBlank: true, IsSilent: false } && _notation.IsBare && _tools.Count > 0 && !_triedBare)
        {
            _text.Mark();
            bool isText = _text.SkipWhitespace();
            if (isText) _triedBare = true;
            if (isText && _text.Unread[0] == '{') return BeginCalls();
            _text.Return();
            if (!isText && !_text.IsComplete) return false;
        }

        int length = AnswerLength(out string? mark);
        _output.Answer(_text.Take(length));
        if (mark is null) return false;
        MarkKind kind = _marks.Kind(mark);
        if (kind == MarkKind.Call)
        {
            _text.Mark();
            return BeginCalls();
        }

        _text.Skip(mark.Length);
        if (kind == MarkKind.Reasoning)
        {
            _state = State.Reasoning;
            Mark(mark);
        }
        else
        {
            _output.Turn();
            if (kind == MarkKind.Header) _state = State.Header;
        }

        return true;
    }

    // How much comes before the next mark. Some are marks at the beginning of an answer only, where nothing but spaces comes before them.
    private int AnswerLength(out string? mark)
    {
        if (_output.IsSilent) return _text.LengthBefore(_marks.InPrompt, out mark);
        ChatReaderStops later = _isFormal ? ChatReaderStops.None : _marks.InAnswer;
        if (!_output.IsBlank) return _text.LengthBefore(later, out mark);
        int length = _text.LengthBefore(_marks.AtStart, out mark);
        return _text.Unread[..length].IsWhiteSpace() ? length : _text.LengthBefore(later, out mark);
    }

    private bool ReadReasoning()
    {
        int length = _text.LengthBefore(_marks.InReasoning, out string? mark);
        string thought = _text.Take(length);
        if (_separatesReasoning) _output.Think(thought);
        else _output.Answer(thought);
        if (mark is null) return false;
        MarkKind kind = _marks.Kind(mark);
        _state = kind == MarkKind.Header ? State.Header : State.Answer;
        if (kind == MarkKind.Call)
        {
            _output.Turn();
            return true;
        }

        _text.Skip(mark.Length);
        Mark(mark);
        return true;
    }

    // A mark of reasoning is part of the answer where reasoning is.
    private void Mark(string mark)
    {
        if (_separatesReasoning) _output.Turn();
        else _output.Answer(mark);
    }

    private bool BeginCalls()
    {
        _section = new ToolSectionReader(_notation, () => NextCall());
        _state = State.Calls;
        return true;
    }

    private CallInProgress NextCall() => new(_tools, _notation, _output.CallCount, _output.Call);

    private bool ReadCalls()
    {
        Progress progress = _section!.Read(_text);
        if (progress == Progress.NeedsMore && !_text.IsComplete) return false;
        if (progress != Progress.Done && _text.IsMarked)
        {
            // It was no call: its beginning is shown, and the rest is looked at again.
            _text.Return();
            int length = AnswerLength(out string? mark);
            bool isBeginning = mark is not null && _marks.Kind(mark) == MarkKind.Call && _text.Unread[..length].IsWhiteSpace();
            _output.Answer(_text.Take(isBeginning ? length + mark!.Length : length));
        }

        _section = null;
        _state = State.Answer;
        return true;
    }

    private bool ReadHeader()
    {
        ChannelNotation channels = _notation.Channels!;
        if (_text.Unread.IsEmpty) return false;
        Fit begin = _text.Skip(channels.Begin);
        if (begin == Fit.Perhaps) return false;
        int length = _text.LengthBefore(_marks.HeaderEnd, out string? end);
        bool canBegin = channels.HeaderBegins.Count == 0 || channels.HeaderBegins.Any(text => _text.Begins(text) != Fit.No);
        if (end is null && canBegin && length <= LongestHeader && !_text.IsComplete) return false;
        if (end is null || !canBegin || channels.Read(_text.Unread[..length].ToString()) is not { } channel)
        {
            _state = State.Answer;
            return true;
        }

        string header = _text.Take(length);
        _text.Skip(end.Length);
        _output.Turn();
        Open(channel, header + end);
        return true;
    }

    private void Open(Channel channel, string header)
    {
        _state = channel.Kind == ChannelKind.Reasoning ? State.Reasoning : State.Answer;
        bool isCall = _tools.Count > 0 && (channel.Kind == ChannelKind.Call || _tools.Any(tool => tool.Name == channel.Tool));
        if (_state == State.Reasoning && !isCall) Mark(header);
        if (!isCall) return;
        BeginCalls();
        CallInProgress call = NextCall();
        call.Name = channel.Tool;
        _text.Mark();
        _section!.BeginCall(call);
    }
}
