namespace Cria;

/// <summary>How conversations are kept and answered.</summary>
public sealed record ConversationOptions
{
    /// <summary>The file that the conversations are read from at the start, if it is there, and saved in; null saves them only when asked to.</summary>
    /// <remarks>One process at a time: whoever saves last overwrites what others have saved.</remarks>
    public string? AutoSavePath { get; init; }

    /// <summary>How often what has changed is saved, beside at the end of the process and of the conversations.</summary>
    public TimeSpan AutoSaveInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Adds to each request what it has beside the messages: tools, a schema for the answer, whether the model may think.</summary>
    public Func<ChatRequest, ChatRequest>? Shape { get; init; }

    /// <summary>Hears when saving in the background fails; the conversations go on, and it is tried again at the next interval.</summary>
    public Action<string>? OnWarning { get; init; }

    internal TimeProvider Clock { get; init; } = TimeProvider.System;
}
