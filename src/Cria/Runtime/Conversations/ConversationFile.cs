using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Cria.Runtime.Conversations;

/// <summary>Files of conversations: read with distrust, written so that there is always a whole one.</summary>
internal static class ConversationFile
{
    public const long MostBytes = 256L << 20;
    public const int MostMessages = 100_000, MostTitleLength = 10_000;

    private const string UnfinishedEnding = ".tmp";

    private static readonly TimeSpan s_longestWrite = TimeSpan.FromHours(1);

    private static readonly ConversationJson s_json = new(new JsonSerializerOptions(ConversationJson.Default.Options)
    {
        AllowDuplicateProperties = false,
        // A line for each value, so that a damaged one can be named, and letters as they are.
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>Reads all conversations of a file.</summary>
    /// <exception cref="ConversationFileException">The file is missing, damaged, too large or of a newer version.</exception>
    public static IReadOnlyList<Conversation> Read(string path)
    {
        ReadOnlySpan<byte> json = Bytes(path);
        // Editors may have put a mark at the start.
        if (json.StartsWith("\uFEFF"u8)) json = json[3..];
        ConversationDocumentHeader header = Parse(path, json, s_json.ConversationDocumentHeader);
        if (header.Format != ConversationDocument.FormatName)
            throw new ConversationFileException(path, $"the format is \"{header.Format}\", not \"{ConversationDocument.FormatName}\": this is no file of conversations.");
        if (header.Version is < 1 or > ConversationDocument.CurrentVersion)
        {
            throw new ConversationFileException(path,
                $"the file is of version {header.Version}, but this version of Cria reads version {ConversationDocument.CurrentVersion}. Take the version that wrote it, or a later one.");
        }

        ConversationDocument document = Parse(path, json, s_json.ConversationDocument);
        Check(path, document.Entries);
        return [.. document.Entries.Select(entry => entry.ToConversation())];
    }

    /// <summary>Writes a file that takes the place of an older one whole or not at all, even if the process or the system dies meanwhile.</summary>
    /// <exception cref="ConversationFileException">The file cannot be written; an older one is as it was.</exception>
    public static void Write(string path, IReadOnlyList<Conversation> conversations, DateTimeOffset now)
    {
        var document = new ConversationDocument(
            ConversationDocument.FormatName, ConversationDocument.CurrentVersion, now, [.. conversations.Select(ConversationEntry.From)]);
        try
        {
            // A link stays one: what it leads to is replaced.
            string target = new FileInfo(path).LinkTarget is null ? Path.GetFullPath(path) : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
            CreateFolder(Path.GetDirectoryName(target)!);
            RemoveUnfinished(target);
            string unfinished = $"{target}.{Guid.NewGuid():n}{UnfinishedEnding}";
            try
            {
                using (var stream = new FileStream(unfinished, OfTheUser()))
                {
                    JsonSerializer.Serialize(stream, document, s_json.ConversationDocument);
                    if (stream.Length > MostBytes) throw new IOException($"The conversations take more than {Amounts.Bytes(MostBytes)}; save them in several files.");
                    // Renaming must not overtake the content, or a crash of the system could leave an empty file.
                    stream.Flush(flushToDisk: true);
                }

                File.Move(unfinished, target, overwrite: true);
            }
            catch
            {
                File.Delete(unfinished);
                throw;
            }
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            throw new ConversationFileException(path, $"cannot be written. {trouble.Message}", inner: trouble);
        }
    }

    private static byte[] Bytes(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            var content = new MemoryStream();
            byte[] part = new byte[1 << 16];
            // Not the length that the system tells: devices and pipes have none.
            for (int count; (count = stream.Read(part)) > 0;)
            {
                if (content.Length + count > MostBytes) throw new ConversationFileException(path, $"is larger than {Amounts.Bytes(MostBytes)}, which no file of conversations is.");
                content.Write(part, 0, count);
            }

            return content.ToArray();
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            throw new ConversationFileException(path, $"cannot be read. {trouble.Message}", inner: trouble);
        }
    }

    private static T Parse<T>(string path, ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new ConversationFileException(path, "holds null instead of conversations.", 1);
        }
        catch (JsonException damage)
        {
            string place = string.IsNullOrEmpty(damage.Path) || damage.Path == "$" ? "" : $" ({damage.Path})";
            throw new ConversationFileException(path, $"{Reason(damage)}{place}. Restore the file from a copy, or mend that line.", damage.LineNumber + 1, damage);
        }
    }

    private static void Check(string path, IReadOnlyList<ConversationEntry?> conversations)
    {
        var known = new HashSet<Guid>();
        for (int i = 0; i < conversations.Count; i++)
        {
            if (conversations[i] is not { } conversation) throw Wrong($"$.conversations[{i}]", "is null");
            if (conversation.Id == Guid.Empty) throw Wrong($"$.conversations[{i}].id", "is all zeros, which names nothing");
            if (!known.Add(conversation.Id)) throw Wrong($"$.conversations[{i}].id", $"is {conversation.Id}, as of an earlier conversation");
            if (conversation.Title?.Length > MostTitleLength) throw Wrong($"$.conversations[{i}].title", $"is longer than {MostTitleLength} characters");
            if (conversation.Messages.Count > MostMessages) throw Wrong($"$.conversations[{i}].messages", $"are more than {MostMessages}");
            for (int j = 0; j < conversation.Messages.Count; j++) Check($"$.conversations[{i}].messages[{j}]", conversation.Messages[j]);
        }

        void Check(string place, MessageEntry? message)
        {
            if (message is null) throw Wrong(place, "is null");
            if (message.Role.Length == 0) throw Wrong($"{place}.role", "is empty");
            if (message is { Content: not null, Parts: not null }) throw Wrong(place, "has both content and parts");
            if (message.Parts?.Contains(null!) == true) throw Wrong($"{place}.parts", "holds null");
            if (message.ToolCalls?.Contains(null!) == true) throw Wrong($"{place}.toolCalls", "holds null");
            if (message.TokenCount < 0) throw Wrong($"{place}.tokenCount", "is below 0");
        }

        ConversationFileException Wrong(string place, string problem) => new(path, $"{place} {problem}.");
    }

    // .NET ends the reason with the place and position, which are told already.
    private static string Reason(JsonException damage)
    {
        int end = damage.Message.IndexOf(" Path:", StringComparison.Ordinal);
        if (end < 0) end = damage.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (end < 0 ? damage.Message : damage.Message[..end]).TrimEnd('.');
    }

    private static void CreateFolder(string folder)
    {
        const UnixFileMode OnlyTheUser = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, OnlyTheUser);
    }

    private static FileStreamOptions OfTheUser()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }

    // What processes left behind that ended while they wrote.
    private static void RemoveUnfinished(string target)
    {
        foreach (string file in Directory.EnumerateFiles(Path.GetDirectoryName(target)!, $"{Path.GetFileName(target)}.*{UnfinishedEnding}"))
        {
            try
            {
                if (DateTime.UtcNow - File.GetLastWriteTimeUtc(file) > s_longestWrite) File.Delete(file);
            }
            catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
            {
                // It does no harm.
            }
        }
    }
}
