namespace Cria.Runtime.Drafts;

/// <summary>
/// Where the run of a text and the run of its draft model meet, each on its own scheduler's thread: the one adds tokens and asks, the other
/// answers. Neither can make the other wait for longer than it exists.
/// </summary>
internal sealed class DraftExchange
{
    private readonly Lock _gate = new();
    private readonly int[] _answer = new int[Drafting.Most];
    private int[] _text;
    private int _length;
    private int _wanted;
    private int _answered;
    private State _state = State.Reading;

    public DraftExchange(ReadOnlySpan<int> prompt)
    {
        _text = new int[prompt.Length + 512];
        prompt.CopyTo(_text);
        _length = prompt.Length;
    }

    private enum State
    {
        // The draft model reads the prompt, or waits in line for that.
        Reading,
        Idle,
        Asked,
        Closed,
    }

    /// <summary>Set while the draft model is asked, or is to end.</summary>
    public Signal Question { get; } = new();

    /// <summary>Set when there is an answer, or none is to come.</summary>
    public Signal Answer { get; } = new();

    /// <summary>Adds a token to the text.</summary>
    public void Add(int token)
    {
        lock (_gate)
        {
            if (_length == _text.Length) Array.Resize(ref _text, 2 * _length);
            _text[_length++] = token;
        }
    }

    /// <summary>Asks for the tokens that follow the text; tells whether an answer will come. Who is patient also waits until the prompt is read.</summary>
    public bool Ask(int count, bool isPatient)
    {
        lock (_gate)
        {
            if (_state != State.Idle && !(isPatient && _state == State.Reading)) return false;
            _state = State.Asked;
            _wanted = count;
            Answer.Reset();
        }

        Question.Set();
        return true;
    }

    /// <summary>Takes what was answered.</summary>
    public int Take(Span<int> draft)
    {
        lock (_gate)
        {
            int count = Math.Min(_answered, draft.Length);
            _answer.AsSpan(0, count).CopyTo(draft);
            _answered = 0;
            return count;
        }
    }

    /// <summary>Tells the number of tokens wanted, and brings a copy of the text up to date, which was so up to <paramref name="known"/>.</summary>
    public int Read(ref int[] copy, int known, out int length)
    {
        lock (_gate)
        {
            length = _length;
            if (copy.Length < _text.Length) Array.Resize(ref copy, _text.Length);
            _text.AsSpan(known, length - known).CopyTo(copy.AsSpan(known));
            return _wanted;
        }
    }

    /// <summary>Answers, if there is a question, and is ready for another.</summary>
    public void Reply(ReadOnlySpan<int> draft)
    {
        lock (_gate)
        {
            if (_state == State.Closed) return;
            draft.CopyTo(_answer);
            _answered = draft.Length;
            _state = State.Idle;
            Question.Reset();
        }

        Answer.Set();
    }

    /// <summary>The draft model answers no more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _state = State.Closed;
            _answered = 0;
        }

        Answer.Set();
    }
}
