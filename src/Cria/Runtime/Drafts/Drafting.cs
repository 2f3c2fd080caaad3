using Cria.Text;

namespace Cria.Runtime.Drafts;

/// <summary>The guesses of one text: asks for them, limits them to what pays, and compares them with what the text becomes.</summary>
internal sealed class Drafting : IDisposable
{
    /// <summary>The most tokens that are guessed at a time: with the one before them they fill a tile of the kernels for many rows.</summary>
    public const int Most = 15;

    private readonly Tokenizer _tokenizer;
    private readonly IDrafter? _drafter;
    private readonly DraftGauge? _gauge;
    private readonly int? _fixedLength;
    private readonly int[] _draft = new int[Most];

    // Of the draft: how much is guessed, is part of the pass, and has turned out right.
    private int _guessed;
    private int _checked;
    private int _right;
    private int _evidence;
    private int _asked;

    private int _proposed;
    private int _accepted;

    private Drafting(Engine engine, IDrafter? drafter, ReadOnlySpan<float> trust, int? fixedLength)
    {
        _tokenizer = engine.Tokenizer;
        _drafter = drafter;
        _fixedLength = fixedLength is { } length ? Math.Min(length, Most) : null;
        if (drafter is not null) _gauge = new DraftGauge(engine.Scheduler.Passes, trust);
    }

    /// <summary>The guesses that are part of the pass.</summary>
    public ReadOnlySpan<int> Checked => _draft.AsSpan(0, _checked);

    /// <summary>How the guesses went so far.</summary>
    public DraftUsage Usage => new(_proposed, _accepted);

    /// <summary>Prepares for a text that begins with a prompt.</summary>
    public static Drafting For(Engine engine, int[] prompt, GenerationOptions options)
    {
        Speculation speculation = options.Speculation;
        // At first, guesses are trusted as they mostly deserve it: the longer the repetition so far, the more.
        int room = options.MaxTokens < 0 ? 512 : Math.Min(options.MaxTokens, engine.Predictor.ContextLength);
        if (speculation.LooksUp)
            return new Drafting(engine, LookupDrafter.For(prompt, room), [0.4f, 0.3f, 0.4f, 0.5f, 0.65f, 0.8f, 0.88f, 0.92f], speculation.Length);
        if (speculation.Draft is { } draft
            && ModelDrafter.TryStart(draft, prompt, engine.Predictor.VocabularySize, options.Priority, isPatient: speculation.Length is not null) is { } drafter)
            return new Drafting(engine, drafter, [0.7f, 0.7f, 0.7f, 0.7f, 0.7f, 0.7f, 0.7f, 0.7f], speculation.Length);
        return new Drafting(engine, drafter: null, trust: [], fixedLength: null);
    }

    /// <summary>Compares a token that joined the text with its guess.</summary>
    public void Accept(int token)
    {
        if (_drafter is null) return;
        _drafter.Accept(token);
        if (_right == _guessed) return;
        bool isRight = _draft[_right] == token;
        _gauge!.Observe(_evidence + _right, isRight);
        if (isRight && _right++ < _checked) _accepted++;
        if (!isRight) _guessed = _right;
    }

    /// <summary>Asks for at most so many guesses, besides tokens that are certain; returns what to wait for, if anything.</summary>
    public Signal? Ask(int certain, int most)
    {
        _asked = 0;
        if (_drafter is null || most <= 0) return null;
        // Guesses that cost nothing are always made: those that are not checked tell how far they could be trusted.
        _asked = Math.Min(most, Most);
        if (!_drafter.IsFree) _asked = Length(certain, _asked, 0);
        return _asked == 0 ? null : _drafter.Ask(_asked);
    }

    /// <summary>Writes the guesses that are to be checked behind tokens that are certain, and returns their number.</summary>
    public int Write(int certain, Span<int> room)
    {
        _guessed = _checked = _right = 0;
        if (_asked == 0) return 0;
        _guessed = _drafter!.Guess(_draft.AsSpan(0, _asked), out _evidence);
        // Behind the end of the text nothing is read.
        for (int i = 0; i < _guessed; i++)
            if (_tokenizer.IsEndOfGeneration(_draft[i])) _guessed = i;
        _checked = _drafter.IsFree ? Length(certain, _guessed, _evidence) : _guessed;
        Checked.CopyTo(room);
        _proposed += _checked;
        return _checked;
    }

    /// <summary>Notes that a pass with so many of the text's tokens was made.</summary>
    public void Passed(int tokens) => _gauge?.Look(tokens);

    public void Dispose() => _drafter?.Dispose();

    private int Length(int certain, int most, int evidence) =>
        _fixedLength is { } length ? Math.Min(length, most) : _gauge!.Choose(certain, most, evidence, _drafter!.SecondsPerToken);
}
