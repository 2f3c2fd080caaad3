namespace Cria.Runtime.Conversations;

/// <summary>Saves what has changed at intervals, when the process ends, and when it is disposed.</summary>
internal sealed class AutoSave : IDisposable
{
    private readonly string _path;
    private readonly ConversationBook _book;
    private readonly TimeProvider _clock;
    private readonly Action<string>? _warn;
    private readonly ITimer _timer;
    private readonly Lock _saving = new();
    private long _saved;

    /// <summary>Begins; the book's present state counts as saved.</summary>
    public AutoSave(string path, ConversationBook book, TimeSpan interval, TimeProvider clock, Action<string>? warn)
    {
        (_path, _book, _clock, _warn, _saved) = (path, book, clock, warn, book.ChangeCount);
        _timer = clock.CreateTimer(_ => TrySave(), null, interval, interval);
        AppDomain.CurrentDomain.ProcessExit += AtExit;
    }

    /// <summary>Saves if anything has changed since the last time.</summary>
    /// <exception cref="ConversationFileException">The file cannot be written.</exception>
    public void Save()
    {
        lock (_saving)
        {
            // Counted before looking: what changes meanwhile is saved once more.
            long changes = _book.ChangeCount;
            if (changes == _saved) return;
            ConversationFile.Write(_path, _book.All(), _clock.GetUtcNow());
            _saved = changes;
        }
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= AtExit;
        _timer.Dispose();
        TrySave();
    }

    private void AtExit(object? sender, EventArgs e) => TrySave();

    private void TrySave()
    {
        try
        {
            Save();
        }
        catch (ConversationFileException failure)
        {
            // The next time may go better; until then all is in memory.
            _warn?.Invoke($"The conversations are not saved: {failure.Message}");
        }
    }
}
