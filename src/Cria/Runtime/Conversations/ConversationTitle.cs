using System.Globalization;

namespace Cria.Runtime.Conversations;

/// <summary>Titles for conversations that were given none.</summary>
internal static class ConversationTitle
{
    private const int MostCharacters = 60;
    private const string Untitled = "New conversation";

    /// <summary>The beginning of the first question on one line, cut between words where it is long.</summary>
    public static string Of(IReadOnlyList<ConversationMessage> messages)
    {
        string? question = messages.FirstOrDefault(message => message.Role == "user" && !string.IsNullOrWhiteSpace(message.Text))?.Text;
        if (question is null) return Untitled;
        // A title needs only the beginning, and a question may be a book.
        string beginning = question.TrimStart();
        if (beginning.Length > 10 * MostCharacters) beginning = beginning[..(10 * MostCharacters)];
        string line = string.Join(' ', beginning.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= MostCharacters && beginning.Length < 10 * MostCharacters ? line : Cut(line) + "…";
    }

    private static string Cut(string line)
    {
        // Not through a character: emoji and accents are several units long.
        int end = 0;
        foreach (int start in StringInfo.ParseCombiningCharacters(line))
        {
            if (start >= MostCharacters) break;
            end = start;
        }

        int space = line.LastIndexOf(' ', Math.Max(end - 1, 0));
        return line[..(space > MostCharacters / 2 ? space : end)];
    }
}
