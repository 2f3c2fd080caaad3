using System.Text;

namespace Cria.Text.Chats;

/// <summary>What a model has said so far, sorted into answer, reasoning and calls, without the spaces that only set them apart.</summary>
internal sealed class ChatReaderOutput
{
    private readonly StringBuilder _content = new();
    private readonly StringBuilder _reasoning = new();
    private readonly List<(string Id, string Name, StringBuilder Arguments)> _calls = [];
    private List<ChatDelta> _deltas = [];
    private string _heldSpace = "";
    private bool _trimsStart;

    /// <summary>What comes now belongs to the prompt, not to the model.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Nothing but spaces has been answered since the beginning, and nothing called.</summary>
    public bool IsBlank { get; private set; } = true;

    public int CallCount => _calls.Count;

    public ChatMessage Message => new("assistant")
    {
        Content = _content.ToString(),
        ReasoningContent = _reasoning.Length > 0 ? _reasoning.ToString() : null,
        ToolCalls = _calls.Count > 0 ? [.. _calls.Select(call => new ToolCall(call.Id, call.Name, call.Arguments.ToString()))] : null,
    };

    /// <summary>The pieces since the last time.</summary>
    public IReadOnlyList<ChatDelta> TakeDeltas()
    {
        IReadOnlyList<ChatDelta> deltas = _deltas;
        _deltas = [];
        return deltas;
    }

    /// <summary>Something else begins: spaces here set it apart from what came before.</summary>
    public void Turn()
    {
        _heldSpace = "";
        _trimsStart = true;
    }

    public void Answer(string text)
    {
        if (Trimmed(text) is not { Length: > 0 } shown) return;
        IsBlank = false;
        _content.Append(shown);
        _deltas.Add(new ChatDelta { Content = shown });
    }

    public void Think(string text)
    {
        if (Trimmed(text) is not { Length: > 0 } shown) return;
        _reasoning.Append(shown);
        _deltas.Add(new ChatDelta { Reasoning = shown });
    }

    public void Call(ToolCallDelta delta)
    {
        Turn();
        IsBlank = false;
        if (delta.Name is not null) _calls.Add((delta.Id!, delta.Name, new StringBuilder(delta.Arguments)));
        else _calls[delta.Index].Arguments.Append(delta.Arguments);
        _deltas.Add(new ChatDelta { ToolCall = delta });
    }

    /// <summary>The spaces at the very end of an answer belong to it.</summary>
    public void End()
    {
        if (_heldSpace.Length == 0) return;
        _content.Append(_heldSpace);
        _deltas.Add(new ChatDelta { Content = _heldSpace });
        _heldSpace = "";
    }

    // Spaces are held back until it is known what they lead to.
    private string Trimmed(string text)
    {
        if (IsSilent) return "";
        if (_trimsStart) text = text.TrimStart();
        if (text.Length == 0) return "";
        _trimsStart = false;
        string shown = text.TrimEnd();
        if (shown.Length == 0)
        {
            _heldSpace += text;
            return "";
        }

        shown = _heldSpace + shown;
        _heldSpace = text[(text.TrimEnd().Length)..];
        return shown;
    }
}
