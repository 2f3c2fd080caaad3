using System.Diagnostics;
using System.Text;
using System.Threading.Channels;
using Cria.Models;
using Cria.Runtime.Drafts;
using Cria.Runtime.Sampling;
using Cria.Text;

namespace Cria.Runtime;

/// <summary>Continues one text: reads the prompt, then chooses, shows and appends tokens until something ends it.</summary>
internal sealed class Generation : Run<GenerationResult>
{
    // The most forced tokens that join the text without a look at cancellation; fewer than are dropped where the context is full.
    private const int MostForced = 64;

    private readonly Engine _engine;
    private readonly int[] _prompt;
    private readonly int _requestedPrompt;
    private readonly GenerationOptions _options;
    private readonly Sharing _sharing;
    private readonly IConstraint? _constraint;
    private readonly uint _seed;
    private readonly long _requested;
    private readonly int _kept;
    private readonly Channel<string> _pieces = Channel.CreateUnbounded<string>(new() { SingleReader = true, SingleWriter = true });
    private readonly StreamingDecoder _decoder;
    private readonly StopSequenceMatcher _stops;
    private readonly ProbabilityLog? _probabilities;
    private readonly List<int> _tokens;
    private readonly StringBuilder _text = new();

    private Drafting? _drafting;
    private FinishReason? _finish;
    private int _dropped;
    private int _adopted;
    private int _chosen;
    private long _started;
    private long _promptRead;
    private TimeSpan _timeToFirstToken;

    /// <summary>Prepares a generation; the request's options are validated, its prompt has tokens and fits the context.</summary>
    public Generation(Engine engine, GenerationRequest request, CancellationToken cancellationToken)
        : base(cancellationToken, request.Options.Timeout)
    {
        GenerationOptions options = request.Options;
        _engine = engine;
        _requestedPrompt = request.Prompt.Length;
        _options = options;
        _kept = engine.KeptTokens(request.Prompt, options);
        _prompt = Fitted(request.Prompt);
        Priority = options.Priority;
        _sharing = request.KeepsPrefix ? Sharing.OnDisk : Sharing.InMemory;
        _constraint = request.Constraint;
        _requested = request.Requested;
        _seed = options.Seed is null or -1 ? (uint)Random.Shared.NextInt64(uint.MaxValue) : (uint)options.Seed;
        // Room for all tokens where their number is known, so that the list does not grow while generating.
        _tokens = new List<int>(Math.Clamp(options.MaxTokens, 0, engine.Predictor.ContextLength));
        _decoder = engine.Tokenizer.CreateDecoder(request.ShowsControlTokens);
        _stops = new StopSequenceMatcher(options.StopSequences);
        if (options.ProbabilityCount > 0) _probabilities = new ProbabilityLog(engine.Tokenizer, options);
    }

    /// <summary>The text, piece by piece.</summary>
    public ChannelReader<string> Pieces => _pieces.Reader;

    public override int PromptLength => _prompt.Length;

    /// <summary>The result, also of a cancelled generation, once the run has ended.</summary>
    public GenerationResult? Outcome { get; private set; }

    protected override IEnumerator<Turn> Work()
    {
        _started = Stopwatch.GetTimestamp();
        if (!HasRoom()) yield break;

        Sampler sampler = _engine.CreateSampler(_options, _seed);
        foreach (int token in _prompt) sampler.Accept(token);

        using Drafting drafting = _drafting = Drafting.For(_engine, _prompt, _options);
        using ISequence sequence = _engine.Predictor.NewSequence(_options.Adapters, _sharing);
        yield return new Turn(sequence, _prompt, LogitsOf.Last);
        _promptRead = Stopwatch.GetTimestamp();
        _adopted = sequence.Adopted;

        // What a constraint leaves no choice about is read together with the token before it, in one pass, and guesses behind that.
        IPredictor predictor = _engine.Predictor;
        int mostForced = _constraint is null ? 0 : Math.Clamp(predictor.ContextLength / 8, 1, Math.Min(MostForced, predictor.MaxBatch)) - 1;
        int[] next = new int[1 + mostForced];
        int[] read = new int[next.Length + Drafting.Most];
        int count = Continue(sequence, next, row: 0, sampler);
        while (count > 0)
        {
            if (drafting.Ask(count, MostGuesses(sequence, count)) is { } answer) yield return new Turn(sequence, default, LogitsOf.None) { Until = answer };
            int guessed = drafting.Write(count, read.AsSpan(count));
            if (sequence.Tokens.Length + count > predictor.ContextLength)
            {
                yield return new Turn(sequence, DropOldest(sequence, next.AsSpan(0, count)), LogitsOf.Last);
            }
            else
            {
                next.AsSpan(0, count).CopyTo(read);
                yield return new Turn(sequence, read.AsMemory(0, count + guessed), guessed > 0 ? LogitsOf.All : LogitsOf.Last);
                drafting.Passed(count + guessed);
            }

            count = Continue(sequence, next, row: guessed > 0 ? count - 1 : 0, sampler);
        }
    }

    protected override void End(Exception? failure)
    {
        if (failure is null or OperationCanceledException or RequestTimeoutException) Result = Outcome = Summarize(_finish ?? FinishReason.Cancelled);
        _pieces.Writer.Complete(failure);
        base.End(failure);
    }

    /// <summary>
    /// Chooses tokens for as long as the guesses in the last pass foretell them; returns how many tokens, in <paramref name="next"/>, are then to
    /// be read, or 0 where the text ends.
    /// </summary>
    /// <remarks>
    /// The text is the one that would come without guesses, token by token: each is chosen from the logits behind the text so far, by the same sampler in the
    /// same state, with the same random numbers. A guess only decides whether these logits are there already. So nothing is said of a guess but right or
    /// wrong, and what is sampled has the distribution that the options ask for: a guess is kept exactly as often as the sampler would have said it.
    /// </remarks>
    private int Continue(ISequence sequence, int[] next, int row, Sampler sampler)
    {
        ReadOnlySpan<int> guesses = _drafting!.Checked;
        int sure = sequence.Tokens.Length - guesses.Length, right = 0, count, same;
        do
        {
            next[0] = Choose(sequence.Logits(row + right), sampler);
            count = Take(next[0]) ? TakeForced(next, sampler) : 0;
            same = guesses[right..].CommonPrefixLength(next.AsSpan(0, count));
            right += same;
        }
        while (same == count && count > 0);

        if (right < guesses.Length) sequence.Truncate(sure + right);
        next.AsSpan(same, count - same).CopyTo(next);
        return count - same;
    }

    /// <summary>How many guesses there is room for: not beyond the pass, the context and the tokens that may be generated.</summary>
    private int MostGuesses(ISequence sequence, int count)
    {
        int most = Math.Min(_engine.Predictor.MaxBatch, _engine.Predictor.ContextLength - sequence.Tokens.Length) - count;
        return _options.MaxTokens < 0 ? most : Math.Min(most, _options.MaxTokens - _tokens.Count - 1);
    }

    private int Choose(Span<float> logits, Sampler sampler)
    {
        _probabilities?.Look(logits);
        _constraint?.Apply(logits);
        int token = sampler.Choose(logits);
        Chosen(token, sampler);
        return token;
    }

    private void Chosen(int token, Sampler sampler)
    {
        sampler.Accept(token);
        _constraint?.Accept(token);
        _drafting!.Accept(token);
        _chosen++;
        if (_chosen == 1) _timeToFirstToken = Stopwatch.GetElapsedTime(_requested);
    }

    /// <summary>
    /// Adds the tokens that must follow the first of <paramref name="next"/> to the text and to the list; returns the list's length, or 0
    /// where the text ends. Where probabilities are asked for, nothing is forced: each token needs its own.
    /// </summary>
    private int TakeForced(int[] next, Sampler sampler)
    {
        int forced = _probabilities is null && _constraint is not null ? _constraint.Forced(next.AsSpan(1)) : 0;
        foreach (int token in next.AsSpan(1, forced))
        {
            Chosen(token, sampler);
            if (!Take(token)) return 0;
        }

        return 1 + forced;
    }

    /// <summary>Adds a chosen token to the text and tells whether to go on.</summary>
    private bool Take(int token)
    {
        if (_engine.Tokenizer.IsEndOfGeneration(token))
        {
            Finish(FinishReason.EndOfText);
            return false;
        }

        _tokens.Add(token);
        _probabilities?.Record(token);
        Show(_stops.Append(_decoder.Append(token)));
        if (_stops.Match is not null) _finish = FinishReason.StopSequence;
        else if (_constraint is { IsFinished: true }) Finish(FinishReason.EndOfText);
        return _finish is null && HasRoom();
    }

    /// <summary>Tells whether another token may be generated; if not, the text is finished.</summary>
    private bool HasRoom()
    {
        if (_options.MaxTokens >= 0 && _tokens.Count >= _options.MaxTokens) Finish(FinishReason.Length);
        else if (_options.WhenFull == ContextOverflow.Stop && _prompt.Length + _tokens.Count >= _engine.Predictor.ContextLength) Finish(FinishReason.ContextFull);
        return _finish is null;
    }

    /// <summary>Drops what is old of a prompt that leaves no room in the context, as far as the options let it.</summary>
    private int[] Fitted(int[] prompt)
    {
        int context = _engine.Predictor.ContextLength;
        if (prompt.Length < context || _options.WhenFull == ContextOverflow.Stop) return prompt;
        int recent = (context - _kept + 1) / 2;
        _dropped = prompt.Length - _kept - recent;
        return [.. prompt.AsSpan(0, _kept), .. prompt.AsSpan(prompt.Length - recent)];
    }

    /// <summary>
    /// Forgets the oldest half behind what is kept, and returns what is to be read again: the model then knows what it would know, had the text
    /// always been without that half. Turning the keys that stay to their new places would be quicker, but they and their values would still tell of what was dropped.
    /// </summary>
    private int[] DropOldest(ISequence sequence, ReadOnlySpan<int> next)
    {
        ReadOnlySpan<int> text = sequence.Tokens;
        int dropped = (text.Length - _kept + 1) / 2;
        int[] rest = [.. text[(_kept + dropped)..], .. next];
        sequence.Truncate(_kept);
        _dropped += dropped;
        return rest;
    }

    /// <summary>Notes the reason and shows what was held back; that may still complete a stop sequence.</summary>
    private void Finish(FinishReason reason)
    {
        _finish = reason;
        if (_stops.Match is null) Show(_stops.Append(_decoder.Flush()));
        Show(_stops.Flush());
        if (_stops.Match is not null) _finish = FinishReason.StopSequence;
    }

    private void Show(string text)
    {
        if (text.Length == 0) return;
        _text.Append(text);
        _pieces.Writer.TryWrite(text);
    }

    private GenerationResult Summarize(FinishReason finish)
    {
        long ended = Stopwatch.GetTimestamp();
        bool hasRead = _promptRead != 0;
        return new GenerationResult
        {
            Text = _text.ToString(),
            Tokens = _tokens,
            FinishReason = finish,
            StoppingText = _stops.Match,
            Seed = _seed,
            Usage = new TokenUsage(_requestedPrompt, _chosen, _adopted),
            DroppedTokens = _dropped,
            Drafts = _drafting?.Usage ?? default,
            Timings = new GenerationTimings(
                hasRead ? _prompt.Length - _adopted : 0,
                hasRead ? Stopwatch.GetElapsedTime(_started, _promptRead) : TimeSpan.Zero,
                _chosen,
                hasRead ? Stopwatch.GetElapsedTime(_promptRead, ended) : TimeSpan.Zero,
                _timeToFirstToken),
            Probabilities = _probabilities?.Steps ?? [],
        };
    }
}
