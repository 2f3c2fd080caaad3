using System.Globalization;
using System.Text;
using Cria.Cli.Commands;

namespace Cria.Cli.Chats;

/// <summary>Reads messages and commands line by line and shows the answers, until the input ends.</summary>
internal sealed class ChatLoop
{
    private readonly Terminal _terminal;
    private readonly ChatSession _session;
    private readonly FailureReport _failures;
    private readonly bool _isQuiet;
    private readonly bool _isVerbose;
    private readonly StreamReader _input;
    private readonly ChatAction[] _actions;
    private readonly List<ChatAnswerReport> _answers = [];
    private GenerationResult? _last;
    private bool _isLeaving;
    private int _code;

    public ChatLoop(Terminal terminal, ChatSession session, FailureReport failures, bool isQuiet, bool isVerbose)
    {
        (_terminal, _session, _failures, _isQuiet, _isVerbose) = (terminal, session, failures, isQuiet, isVerbose);
        _input = new StreamReader(terminal.Input, Encoding.UTF8);
        _actions =
        [
            new("/regenerate", "", "answers your last message again", async (_, stop) => await ShowAsync(_session.Regenerate(stop))),
            new("/edit", "N TEXT", "changes your message number N, drops what came after it, and answers", EditAsync),
            new("/system", "TEXT", "changes what the model is told before the conversation; without TEXT, nothing", SystemAsync),
            new("/new", "", "begins another conversation", async (_, _) => await _session.LeaveAsync()),
            new("/save", "FILE", "writes the conversation to a file", SaveAsync),
            new("/load", "FILE", "goes on with the last conversation in a file", LoadAsync),
            new("/stats", "", "tells how long the conversation is and how fast the last answer was", (_, _) => StatisticsAsync()),
            new("/help", "", "shows this", (_, _) => HelpAsync()),
            new("/exit", "", "leaves; so does the end of the input (Ctrl-D)", (_, _) => Task.FromResult(_isLeaving = true)),
        ];
    }

    // A person sees what is done; a pipe gets answers and nothing else.
    private bool IsSeen => _terminal is { InputIsTyped: true, ErrorIsSeen: true };

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        if (IsSeen) Greet();
        while (!_isLeaving && await ReadLineAsync(cancellationToken) is { } line)
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            try
            {
                await DoAsync(line, cancellationToken);
            }
            catch (CriaException failure)
            {
                // The conversation is as it was before, and can go on.
                int code = _failures.Report(failure);
                if (!IsSeen) _code = code;
            }
        }

        return _code;
    }

    /// <summary>The JSON document of the chat.</summary>
    public ChatReport Report() => new(_session.Current?.Id.ToString(), _session.Current?.Title, _answers);

    private Task DoAsync(string line, CancellationToken cancellationToken)
    {
        // Two slashes stand for a message that begins with one.
        if (!line.StartsWith('/')) return AskAsync(line, cancellationToken);
        if (line.StartsWith("//", StringComparison.Ordinal)) return AskAsync(line[1..], cancellationToken);
        string[] parts = line.Split(' ', 2, StringSplitOptions.TrimEntries);
        ChatAction? action = _actions.FirstOrDefault(known => known.Name == parts[0]);
        if (action is null)
        {
            string nearest = Similarity.Nearest(parts[0], _actions.Select(known => known.Name)) is { } name ? $" Did you mean {name}?" : "";
            throw new ChatCommandException($"There is no command {parts[0]}.{nearest} /help lists them; // begins a message with a slash.");
        }

        return action.Do(parts.Length > 1 ? parts[1] : "", cancellationToken);
    }

    private async Task AskAsync(string question, CancellationToken cancellationToken) =>
        await ShowAsync(await _session.AskAsync(question, cancellationToken));

    private async Task EditAsync(string argument, CancellationToken cancellationToken)
    {
        string[] parts = argument.Split(' ', 2, StringSplitOptions.TrimEntries);
        if (parts.Length < 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            throw new ChatCommandException("/edit needs the number of your message, from 1, and its new text: /edit 1 How are you?");
        await ShowAsync(_session.Edit(number, parts[1], cancellationToken));
    }

    private Task SystemAsync(string text, CancellationToken cancellationToken)
    {
        _session.SetSystemPrompt(text.Length > 0 ? text : null);
        return Task.CompletedTask;
    }

    private async Task SaveAsync(string path, CancellationToken cancellationToken)
    {
        if (path.Length == 0) throw new ChatCommandException("/save needs the name of a file.");
        await _session.SaveAsync(path, cancellationToken);
        if (IsSeen) Note($"saved in {path}");
    }

    private async Task LoadAsync(string path, CancellationToken cancellationToken)
    {
        if (path.Length == 0) throw new ChatCommandException("/load needs the name of a file.");
        Conversation loaded = await _session.LoadAsync(path, cancellationToken);
        if (IsSeen) Note($"{loaded.Title} ({Messages(loaded)})");
    }

    private Task StatisticsAsync()
    {
        if (_session.Current is not { } conversation)
        {
            Note("nothing has been said yet");
            return Task.CompletedTask;
        }

        Note(conversation.Title);
        Note($"id {conversation.Id}{(_session.File is { } file ? $", kept in {file}" : ", not kept")}");
        Note($"{Messages(conversation)}, {conversation.TokenCount} tokens");
        if (_last is { } last)
        {
            Note($"{last.Usage.TotalTokens} of {_session.Model.ContextLength} tokens of the context");
            Note(Speed(last));
        }

        return Task.CompletedTask;
    }

    private Task HelpAsync()
    {
        foreach (ChatAction action in _actions)
            _terminal.Error.WriteLine($"{action.Name + ' ' + action.Argument,-14} {action.Description}");
        _terminal.Error.WriteLine("Ctrl-C stops an answer; a second one leaves. A message that begins with a slash begins with two.");
        return Task.CompletedTask;
    }

    private void Greet()
    {
        Note($"{_session.Model.Info.Name}; /help tells what can be done, /exit leaves");
        if (_session.Current is { } conversation) Note($"{conversation.Title} ({Messages(conversation)})");
    }

    private async Task<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        if (IsSeen) await _terminal.Error.WriteAsync("> ");
        // A read from a terminal or pipe cannot be interrupted, but it need not be waited for.
        return await Task.Run(_input.ReadLine, CancellationToken.None).WaitAsync(cancellationToken);
    }

    private async Task ShowAsync(ConversationStream answer)
    {
        var printer = new ChatPrinter(_terminal, _isQuiet);
        bool isStopped = false, hasFailed = true;
        using (_terminal.Interrupts.Divert(() =>
        {
            isStopped = true;
            answer.Cancel();
        }))
        {
            try
            {
                await foreach (ChatDelta piece in answer.WithCancellation(CancellationToken.None)) await printer.ShowAsync(piece);
                hasFailed = false;
            }
            catch (OperationCanceledException) when (isStopped)
            {
                // What was said stays, on the screen and in the conversation.
                hasFailed = false;
            }
            finally
            {
                await printer.EndAsync(hasFailed);
            }
        }

        if (isStopped && IsSeen) Note("stopped");
        if (answer.Result is not { } result) return;
        _last = result.Generation;
        _answers.Add(ChatAnswerReport.From(result));
        if (_isVerbose) Note(Speed(_last));
    }

    private void Note(string text) => _terminal.Error.WriteLine($"[{Visible.OnOneLine(text)}]");

    private static string Messages(Conversation conversation) => conversation.Messages.Count == 1 ? "1 message" : $"{conversation.Messages.Count} messages";

    private static string Speed(GenerationResult result) => FormattableString.Invariant(
        $"{result.Timings.PromptTokens} tokens read at {result.Timings.PromptPerSecond:0.#}/s, {result.Timings.PredictedTokens} generated at {result.Timings.PredictedPerSecond:0.#}/s");
}

/// <summary>What can be said in a chat beside messages.</summary>
internal sealed record ChatAction(string Name, string Argument, string Description, Func<string, CancellationToken, Task> Do);

/// <summary>The JSON document of <c>cria chat</c>.</summary>
internal sealed record ChatReport(string? Id, string? Title, IReadOnlyList<ChatAnswerReport> Answers);

internal sealed record ChatAnswerReport(string Text, string? Reasoning, string FinishReason, uint Seed, UsageReport Usage)
{
    public static ChatAnswerReport From(ChatResult result) => new(
        result.Message.Content ?? "", result.Message.ReasoningContent, RunReport.Name(result.FinishReason), result.Generation.Seed, UsageReport.From(result.Generation));
}
