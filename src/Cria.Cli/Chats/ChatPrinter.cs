namespace Cria.Cli.Chats;

/// <summary>Shows one answer while it grows: a person sees what the model thinks, dimly, and says; a pipe gets what it says, on lines of its own.</summary>
internal sealed class ChatPrinter(Terminal terminal, bool isQuiet)
{
    private const string Dim = "\e[2m", Normal = "\e[0m";

    private readonly bool _isPlain = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
    private bool _isReasoning;
    private char _last;

    public async Task ShowAsync(ChatDelta piece)
    {
        if (isQuiet) return;
        if (terminal is { OutputIsSeen: true, ErrorIsSeen: true }) await ShowReasoningAsync(piece.Reasoning);
        if (piece.Content.Length == 0) return;
        _last = piece.Content[^1];
        await terminal.Out.WriteAsync(piece.Content);
        await terminal.Out.FlushAsync();
    }

    /// <summary>Ends the last line of an answer; one that failed before it began has none.</summary>
    public async Task EndAsync(bool hasFailed)
    {
        if (isQuiet) return;
        await ShowReasoningAsync("");
        if (_last != '\n' && !(hasFailed && _last == default)) await terminal.Out.WriteAsync('\n');
        await terminal.Out.FlushAsync();
    }

    private async Task ShowReasoningAsync(string reasoning)
    {
        bool isReasoning = reasoning.Length > 0;
        if (isReasoning != _isReasoning && !_isPlain) await terminal.Error.WriteAsync(isReasoning ? Dim : Normal);
        if (_isReasoning && !isReasoning) await terminal.Error.WriteAsync("\n\n");
        _isReasoning = isReasoning;
        await terminal.Error.WriteAsync(reasoning);
    }
}
