namespace Cria.Cli.Chats;

/// <summary>Where <c>cria chat</c> keeps conversations: each in a file of its own, so that several programs may run at once, or all in one that is named.</summary>
internal sealed class ChatHistory(LlamaModel model, ConversationOptions options, string? file, bool isKept)
{
    private const string Ending = ".json";

    private static string Folder => Path.Combine(UsersData(), "cria", "conversations");

    /// <summary>The file of a conversation; null where none is kept.</summary>
    public string? FileOf(ConversationId id) => isKept ? file ?? Path.Combine(Folder, id + Ending) : null;

    /// <summary>Opens the place of a conversation.</summary>
    public Task<Conversations> OpenAsync(ConversationId id, CancellationToken cancellationToken) =>
        Conversations.OpenAsync(model, options with { AutoSavePath = FileOf(id) }, cancellationToken);

    /// <summary>Finds the conversation whose id begins so, or the last one.</summary>
    public async Task<ConversationId> FindAsync(string? beginning, CancellationToken cancellationToken)
    {
        ConversationId[] known = file is null ? InFolder() : await InFileAsync(file, cancellationToken);
        ConversationId[] meant = beginning is null
            ? known[..Math.Min(known.Length, 1)]
            : [.. known.Where(id => id.ToString().StartsWith(beginning, StringComparison.OrdinalIgnoreCase))];
        string place = $"'{file ?? Folder}'";
        return meant switch
        {
            [var only] => only,
            [] when known.Length == 0 => throw new UsageException($"There is no conversation in {place} yet. Start one without --resume."),
            [] => throw new UsageException($"No conversation in {place} has an id that begins with '{beginning}'. The last one is {known[0]}."),
            _ => throw new UsageException($"{meant.Length} conversations in {place} have ids that begin with '{beginning}'. Write more of the id."),
        };
    }

    // Newest first.
    private static ConversationId[] InFolder()
    {
        if (!Directory.Exists(Folder)) return [];
        return [.. new DirectoryInfo(Folder).EnumerateFiles("*" + Ending)
            .OrderByDescending(found => found.LastWriteTimeUtc)
            .Select(found => ConversationId.TryParse(Path.GetFileNameWithoutExtension(found.Name), out ConversationId id) ? id : default)
            .Where(id => id != default)];
    }

    private static async Task<ConversationId[]> InFileAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path)) return [];
        IReadOnlyList<Conversation> all = await Conversations.LoadAsync(path, cancellationToken);
        return [.. all.OrderByDescending(conversation => conversation.UpdatedAt).Select(conversation => conversation.Id)];
    }

    private static string UsersData()
    {
        if (OperatingSystem.IsWindows()) return Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (OperatingSystem.IsMacOS()) return Path.Combine(home, "Library", "Application Support");
        // The standard of the desktops: a relative path is to be ignored.
        string? data = Environment.GetEnvironmentVariable("XDG_DATA_HOME");
        return Path.IsPathRooted(data) ? data : Path.Combine(home, ".local", "share");
    }
}
