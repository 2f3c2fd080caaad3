using System.Diagnostics;
using Cria.Models;

namespace Cria.Runtime;

/// <summary>
/// The one place that uses the network: a thread that lets requests advance together, many of them in each pass. The thread
/// lives only while there are requests, so that a forgotten model can be collected.
/// </summary>
internal sealed class Scheduler
{
    private readonly IPredictor _predictor;
    private readonly SchedulerLimits _limits;
    private readonly string _owner;
    private readonly Action _release;

    // Shared with all who start and cancel requests.
    private readonly Lock _gate = new();
    private readonly List<Run> _runs = [];
    private readonly Queue<Seat> _arrivals = [];
    private readonly ManualResetEventSlim _idle = new(initialState: true);
    private readonly ManualResetEventSlim _awake = new();
    private Thread? _worker;
    private CancellationTokenSource _hurry = new();
    private bool _isHurryPossible;
    private long _arrivalCount;
    private bool _isDisposed;
    private bool _isReleased;

    // The worker's own: who takes part and who waits, each sorted, who goes first before the others.
    private readonly PassPlan _plan;
    private readonly Action _wake;
    private readonly List<Seat> _active = [];
    private readonly List<Seat> _waiting = [];
    private int _room;

    /// <summary>Creates a scheduler for the model named <paramref name="owner"/>.</summary>
    /// <param name="owner">The name that errors after disposal give.</param>
    /// <param name="predictor">What the runs share.</param>
    /// <param name="limits">How many requests there may be.</param>
    /// <param name="release">Frees what the runs use; called once, when no run uses it any more.</param>
    public Scheduler(string owner, IPredictor predictor, SchedulerLimits limits, Action release)
    {
        _owner = owner;
        _predictor = predictor;
        _limits = limits;
        _release = release;
        _room = limits.Parallel;
        _plan = new PassPlan(predictor.MaxBatch);
        _wake = _awake.Set;
    }

    /// <summary>What passes have been taking; for the runs.</summary>
    public PassMeter Passes { get; } = new();

    /// <summary>How many requests there are: those that may advance together, and those that come after them.</summary>
    public RequestCounts Counts
    {
        get
        {
            lock (_gate)
            {
                int active = Math.Min(_runs.Count, _limits.Parallel);
                return new RequestCounts(active, _runs.Count - active);
            }
        }
    }

    public void ThrowIfDisposed()
    {
        if (_isDisposed) throw new ObjectDisposedException(_owner);
    }

    /// <summary>Lets a run take part from now on.</summary>
    /// <exception cref="QueueFullException">Too many requests wait already.</exception>
    public void Start(Run run)
    {
        run.WhenCancelled(Hurry);
        lock (_gate)
        {
            ThrowIfDisposed();
            if (_runs.Count >= _limits.Parallel + (long)_limits.Queue) throw new QueueFullException(_limits.Queue);
            _runs.Add(run);
            _arrivals.Enqueue(new Seat(run, _arrivalCount++));
            _awake.Set();
            if (run.PromptLength <= PassPlan.ShortPrompt && _runs.Count <= _limits.Parallel) Hurry();
            if (_worker is not null) return;
            _idle.Reset();
            _worker = new Thread(Work) { IsBackground = true, Name = "Cria " + _owner };
            _worker.Start();
        }
    }

    /// <summary>Cancels all runs, waits until they have ended and frees everything; twice is harmless.</summary>
    public void Dispose()
    {
        Run[] runs;
        lock (_gate)
        {
            _isDisposed = true;
            runs = [.. _runs];
            if (_worker is null) ReleaseOnce();
        }

        foreach (Run run in runs) run.Cancel();
        // Called from a progress report, this very thread ends the runs and frees everything later.
        if (_worker != Thread.CurrentThread) _idle.Wait();
    }

    private void Work()
    {
        while (Gather())
        {
            try
            {
                for (int i = 0; i < _active.Count; i++)
                    if (_active[i].IsReady && !_active[i].Advance(_wake)) End(_active[i--]);
                _plan.Make(_active);
                if (_plan.Seats.Count > 0) Pass();
                else if (_active.Count > 0 && _active.TrueForAll(static seat => seat.IsWaiting)) _awake.Wait();
            }
            catch (Exception exception)
            {
                // Nothing is known to lead here, but a mistake in this thread must not end the process that has the model.
                foreach (Seat seat in _active.ToArray())
                {
                    seat.Run.Fail(exception);
                    End(seat);
                }
            }
        }
    }

    /// <summary>Seats those who have come as far as there is room; tells whether there is anything to do.</summary>
    private bool Gather()
    {
        // What happens from here on is seen, or ends the wait at the end of the round.
        _awake.Reset();
        lock (_gate)
        {
            while (_arrivals.TryDequeue(out Seat? seat)) Insert(_waiting, seat);
            if (_active.Count == 0 && _waiting.Count == 0)
            {
                _worker = null;
                if (_isDisposed) ReleaseOnce();
                _idle.Set();
                return false;
            }
        }

        for (int i = 0; i < _waiting.Count; i++)
        {
            Seat seat = _waiting[i];
            bool isCancelled = seat.Run.Cancellation.IsCancellationRequested;
            if (_active.Count >= Math.Max(1, _room) && !isCancelled) continue;
            _waiting.RemoveAt(i--);
            Insert(_active, seat);
        }

        return true;
    }

    private void Pass()
    {
        try
        {
            CancellationToken cancellation = Begin();
            long start = Stopwatch.GetTimestamp();
            _predictor.Forward(_plan.Shares, cancellation);
            Passes.Note(_plan.Seats.Count, _plan.Tokens, Stopwatch.GetElapsedTime(start).TotalSeconds);
            _plan.Complete();
        }
        catch (OperationCanceledException) when (_hurry.IsCancellationRequested)
        {
            _plan.Abandon();
        }
        catch (OperationCanceledException)
        {
            // The only one in the pass is cancelled and will end at its next turn.
        }
        catch (CacheFullException full)
        {
            MakeRoom(full);
        }
        catch (Exception exception)
        {
            Blame(exception);
        }
        finally
        {
            lock (_gate) _isHurryPossible = false;
        }
    }

    /// <summary>What may end the pass before its time: somebody in a hurry if it is long, and its only request's cancellation.</summary>
    private CancellationToken Begin()
    {
        if (!_plan.IsLong) return _plan.Seats.Count == 1 ? _plan.Seats[0].Run.Cancellation : CancellationToken.None;
        lock (_gate)
        {
            if (_hurry.IsCancellationRequested) _hurry = new CancellationTokenSource();
            _isHurryPossible = true;
            // Who came or was cancelled since the plan was made has found nothing to interrupt.
            bool isOutdated = _plan.Seats.Any(seat => seat.Run.Cancellation.IsCancellationRequested)
                || _arrivals.Any(seat => seat.Run.PromptLength <= PassPlan.ShortPrompt);
            if (isOutdated) Hurry();
            return _hurry.Token;
        }
    }

    /// <summary>Ends a long pass before its time: somebody does not want to wait for it.</summary>
    private void Hurry()
    {
        _awake.Set();
        lock (_gate)
        {
            if (_isHurryPossible) _hurry.Cancel();
        }
    }

    /// <summary>The one who came last gives its memory up and waits until another request has ended.</summary>
    private void MakeRoom(CacheFullException full)
    {
        Seat seat = _active.FindLast(seat => seat.Sequence is not null)!;
        if (_active.Exists(other => other.Sequence is not null && other != seat))
        {
            _active.Remove(seat);
            seat.Suspend();
            Insert(_waiting, seat);
            _room = _active.Count;
        }
        else
        {
            seat.Run.Fail(new CacheMemoryException(full.NeededBytes, full.LimitBytes));
            End(seat);
        }
    }

    /// <summary>A pass has failed: each of its requests goes on alone, so that only those fail that are to blame.</summary>
    private void Blame(Exception exception)
    {
        Seat[] seats = [.. _plan.Seats];
        Share[] shares = [.. _plan.Shares];
        for (int i = 0; i < seats.Length; i++)
        {
            Seat seat = seats[i];
            try
            {
                if (seats.Length == 1) throw exception;
                _predictor.Forward([shares[i]], seat.Run.Cancellation);
                seat.Take(shares[i].Tokens.Length);
                // The next pass takes the logits of this one away.
                if (!seat.IsReady || seat.Advance(_wake)) continue;
            }
            catch (Exception again) when (again is CacheFullException or OperationCanceledException)
            {
                // That is for the next pass that it takes part in.
                continue;
            }
            catch (Exception again)
            {
                seat.Run.Fail(again);
            }

            End(seat);
        }
    }

    private void End(Seat seat)
    {
        _active.Remove(seat);
        _room = _limits.Parallel;
        lock (_gate) _runs.Remove(seat.Run);
        seat.Run.End();
    }

    private static void Insert(List<Seat> seats, Seat seat)
    {
        int place = seats.FindIndex(other => seat.Run.Priority > other.Run.Priority
            || seat.Run.Priority == other.Run.Priority && seat.Arrival < other.Arrival);
        seats.Insert(place < 0 ? seats.Count : place, seat);
    }

    private void ReleaseOnce()
    {
        if (_isReleased) return;
        _isReleased = true;
        _release();
    }
}
