using System.Text;
using System.Text.Json;

namespace Cria.Text.Chats;

/// <summary>A tool call while it is read: once it is announced with its name, its arguments are passed on as they come.</summary>
internal sealed class CallInProgress(IReadOnlyList<ChatTool> tools, ToolNotation notation, int index, Action<ToolCallDelta> announce)
{
    private readonly StringBuilder _early = new();
    private bool _hasArguments;

    public string? Name { get; set; }

    /// <summary>The id that the model itself gives, where it comes before the arguments.</summary>
    public string? Id { get; set; }

    /// <summary>The number that the model itself gives.</summary>
    public int? Number { get; set; }

    public bool IsAnnounced { get; private set; }

    /// <summary>Whether there is a tool of this name.</summary>
    public bool Offers(string name) => tools.Any(tool => tool.Name == name);

    /// <summary>The tool that is called, or null where the model made up its name.</summary>
    public ChatTool? Tool => tools.FirstOrDefault(tool => tool.Name == Name);

    /// <summary>The name, and the id where the model gives one first, are known.</summary>
    public void Announce()
    {
        // What nothing but its shape marks as a call is one only if it calls a tool that there is.
        if (IsAnnounced || Name is null || (notation.IsBare && Tool is null)) return;
        IsAnnounced = true;
        string id = string.IsNullOrEmpty(Id) ? ToolCallIds.Create(notation.Ids, Name, Number ?? index) : Id;
        announce(new ToolCallDelta(index, id, Name, _early.ToString()));
    }

    /// <summary>Adds JSON text to the arguments; it is kept back until the call is announced.</summary>
    public void Append(string arguments)
    {
        if (arguments.Length == 0) return;
        _hasArguments = true;
        if (IsAnnounced) announce(new ToolCallDelta(index, null, null, arguments));
        else _early.Append(arguments);
    }

    /// <summary>The call has come to its end; one without arguments has none.</summary>
    public void End()
    {
        Announce();
        if (!_hasArguments) Append("{}");
    }

    /// <summary>The schema of a parameter, where the tool tells it.</summary>
    public JsonElement? Parameter(string name) => Tool is { } tool ? ToolParameters.Schema(tool, name) : null;
}
