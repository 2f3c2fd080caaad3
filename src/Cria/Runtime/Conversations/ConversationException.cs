namespace Cria;

/// <summary>What is wrong with a request about a conversation.</summary>
public enum ConversationProblem
{
    /// <summary>There is no conversation of that name.</summary>
    NotFound,
    /// <summary>There is a conversation of that name already.</summary>
    Exists,
    /// <summary>The conversation's last question is still being answered.</summary>
    Busy,
    /// <summary>The conversation has no such message.</summary>
    NoSuchMessage,
    /// <summary>The conversation would not end with a question.</summary>
    NothingToAnswer,
}

/// <summary>A request about a conversation cannot be met; the conversation is as it was.</summary>
public sealed class ConversationException : CriaException
{
    private ConversationException(ConversationId id, ConversationProblem problem, string message) : base(message) =>
        (Id, Problem) = (id, problem);

    /// <summary>The conversation that was meant.</summary>
    public ConversationId Id { get; }

    /// <summary>What is wrong.</summary>
    public ConversationProblem Problem { get; }

    internal static ConversationException NotFound(ConversationId id) =>
        new(id, ConversationProblem.NotFound, $"There is no conversation {id}. Create one, or restore a saved one first.");

    internal static ConversationException Exists(ConversationId id) =>
        new(id, ConversationProblem.Exists, $"There is a conversation {id} already. Remove it first, or take another id.");

    internal static ConversationException Busy(ConversationId id) =>
        new(id, ConversationProblem.Busy, $"A question of conversation {id} is still being answered. Wait for the answer, or cancel it.");

    internal static ConversationException NoSuchMessage(ConversationId id, int index, int count) =>
        new(id, ConversationProblem.NoSuchMessage, $"Conversation {id} has {count} messages, but message {index} is asked for; the first is 0.");

    internal static ConversationException NothingToAnswer(ConversationId id) =>
        new(id, ConversationProblem.NothingToAnswer, $"Conversation {id} does not end with a question or its answer. Ask something first.");

    internal static ConversationException NothingToAnswer(ConversationId id, int index, string role) =>
        new(id, ConversationProblem.NothingToAnswer,
            $"Message {index} of conversation {id} is the {role}'s and asks for no answer. Edit a message of the user or of a tool.");
}

/// <summary>A file of conversations cannot be read or written, or is none.</summary>
public sealed class ConversationFileException : CriaException
{
    /// <summary>Creates the exception for the file at <paramref name="path"/> and, where it is about one, a line of it.</summary>
    public ConversationFileException(string path, string problem, long? line = null, Exception? inner = null)
        : base($"{System.IO.Path.GetFileName(path)}{(line is null ? "" : $", line {line}")}: {problem}", inner) => (Path, Line) = (path, line);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The line that is wrong, from 1; null where the whole file is meant.</summary>
    public long? Line { get; }
}
