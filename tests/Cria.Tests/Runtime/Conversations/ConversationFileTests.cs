using System.Globalization;
using System.Text.Json;
using Cria.Runtime.Conversations;

namespace Cria.Tests.Runtime;

/// <summary>Files of conversations: what they hold comes back, and whatever is wrong with one is told.</summary>
public sealed class ConversationFileTests : IDisposable
{
    private static readonly DateTimeOffset s_time = new(2026, 3, 4, 5, 6, 7, 891, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("cria-talks-").FullName;

    private string File => Path.Combine(_folder, "talks.json");

    [Fact]
    public async Task What_is_saved_comes_back()
    {
        Conversation all = Everything(), empty = new(ConversationId.New()) { CreatedAt = s_time, UpdatedAt = s_time };
        await Conversations.SaveAsync(File, [all, empty]);
        IReadOnlyList<Conversation> loaded = await Conversations.LoadAsync(File);

        Assert.Equal([all.Id, empty.Id], loaded.Select(conversation => conversation.Id));
        AssertSame(all, loaded[0]);
        AssertSame(empty, loaded[1]);
    }

    [Fact]
    public async Task One_conversation_or_many_or_none_can_be_saved()
    {
        await Conversations.SaveAsync(File, [Everything()]);
        Assert.Single(await Conversations.LoadAsync(File));
        await Conversations.SaveAsync(File, Enumerable.Range(0, 100).Select(_ => Everything()));
        Assert.Equal(100, (await Conversations.LoadAsync(File)).Count);
        await Conversations.SaveAsync(File, []);
        Assert.Empty(await Conversations.LoadAsync(File));
    }

    [Fact]
    public async Task The_file_is_JSON_of_a_version_with_dates_as_ISO_8601_has_them()
    {
        await Conversations.SaveAsync(File, [Everything()]);
        using JsonDocument document = JsonDocument.Parse(System.IO.File.ReadAllText(File));
        JsonElement root = document.RootElement, conversation = root.GetProperty("conversations")[0], answer = conversation.GetProperty("messages")[2];
        Assert.Equal(("cria.conversations", 1), (root.GetProperty("format").GetString(), root.GetProperty("version").GetInt32()));
        Assert.Equal("2026-03-04T05:06:07.891+00:00", conversation.GetProperty("createdAt").GetString());
        Assert.Equal(s_time, DateTimeOffset.ParseExact(answer.GetProperty("createdAt").GetString()!, "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture));
        Assert.Equal(("assistant", "cancelled"), (answer.GetProperty("role").GetString(), answer.GetProperty("finishReason").GetString()));
        Assert.Equal("{\"place\": \"here\"}", answer.GetProperty("toolCalls")[0].GetProperty("arguments").GetString());
    }

    [Fact]
    public async Task What_a_later_minor_version_added_is_left_aside()
    {
        string id = ConversationId.New().ToString();
        System.IO.File.WriteAllText(File,
            $$"""
            { "$comment": "by hand", "version": 1, "conversations": [ { "mood": {"deep": [1, {"x": null}]}, "id": "{{id}}", "createdAt": "2026-01-02T03:04:05Z",
              "updatedAt": "2026-01-02T03:04:05+02:00", "messages": [ {"role": "user", "content": "Hi", "createdAt": "2026-01-02T03:04:05Z", "stars": 5} ] } ],
              "savedAt": "2026-01-02T03:04:05Z", "format": "cria.conversations" }
            """);
        Conversation loaded = Assert.Single(await Conversations.LoadAsync(File));
        Assert.Equal((id, "Hi"), (loaded.Id.ToString(), loaded.Title));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_version_that_is_not_known_is_refused(int version)
    {
        System.IO.File.WriteAllText(File, $$$"""{"format": "cria.conversations", "version": {{{version}}}, "conversations": {"of": "another shape"}}""");
        var refused = await Assert.ThrowsAsync<ConversationFileException>(() => Conversations.LoadAsync(File));
        Assert.Contains($"version {version}", refused.Message);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("null", 1)]
    [InlineData("[]", 1)]
    [InlineData("{\n\"format\": \"cria.conversations\",\n\"version\": \"one\"}", 3)]
    [InlineData("{\"format\": \"cria.conversations\",\n\"version\": 1}", 2)]
    [InlineData("{\"format\": \"other\", \"version\": 1}", null)]
    public async Task What_is_no_file_of_conversations_is_told(string content, int? line)
    {
        System.IO.File.WriteAllText(File, content);
        var damaged = await Assert.ThrowsAsync<ConversationFileException>(() => Conversations.LoadAsync(File));
        Assert.Equal((File, (long?)line), (damaged.Path, damaged.Line));
        Assert.StartsWith("talks.json", damaged.Message);
    }

    [Theory]
    [InlineData("\"role\": \"user\"", "\"role\": null", true)]
    [InlineData("\"role\": \"user\"", "\"role\": 5", true)]
    [InlineData("\"role\": \"user\"", "\"roll\": \"user\"", true)]
    [InlineData("\"role\": \"user\"", "\"role\": \"\"", false)]
    [InlineData("\"role\": \"user\"", "\"role\": \"user\", \"role\": \"tool\"", true)]
    [InlineData("\"cancelled\"", "\"bored\"", true)]
    [InlineData("\"cancelled\"", "5", true)]
    [InlineData("2026-03-04T05:06:07.891+00:00", "yesterday", true)]
    [InlineData("\"title\": ", "\"title\": 3, \"subtitle\": ", true)]
    [InlineData("What is ", "What \\ud800 is ", true)]
    [InlineData("What is ", "What \u0001 is ", true)]
    [InlineData("\"tokenCount\": 7", "\"tokenCount\": -7", false)]
    [InlineData("\"tokenCount\": 7", "\"tokenCount\": 7e30", true)]
    [InlineData("\"messages\": [", "\"messages\": [null,", false)]
    [InlineData("\"conversations\": [", "\"conversations\": [null,", false)]
    public async Task A_wrong_value_is_named_with_its_line(string right, string wrong, bool hasLine)
    {
        await Conversations.SaveAsync(File, [Everything()]);
        string content = System.IO.File.ReadAllText(File);
        int at = content.IndexOf(right, StringComparison.Ordinal);
        Assert.InRange(at, 0, content.Length);
        System.IO.File.WriteAllText(File, content[..at] + wrong + content[(at + right.Length)..]);
        var damaged = await Assert.ThrowsAsync<ConversationFileException>(() => Conversations.LoadAsync(File));
        if (!hasLine)
        {
            Assert.Contains("$.conversations", damaged.Message);
            return;
        }

        // An object that misses something is known to at its end.
        long line = content[..at].Count(character => character == '\n') + 1;
        Assert.InRange(damaged.Line!.Value, line, wrong.Contains("roll") ? line + 10 : line);
        Assert.Contains($"line {damaged.Line}", damaged.Message);
    }

    [Fact]
    public async Task Two_conversations_of_one_name_and_names_of_nothing_are_refused()
    {
        Conversation one = Everything();
        await Conversations.SaveAsync(File, [one, one]);
        Assert.Contains("conversations[1].id", (await Assert.ThrowsAsync<ConversationFileException>(() => Conversations.LoadAsync(File))).Message);
        await Conversations.SaveAsync(File, [one with { Id = default }]);
        Assert.Contains("conversations[0].id", (await Assert.ThrowsAsync<ConversationFileException>(() => Conversations.LoadAsync(File))).Message);
    }

    [Fact]
    public async Task Depth_and_length_are_limited()
    {
        System.IO.File.WriteAllText(File, """{"format": "cria.conversations", "version": 1, "x": """ + new string('[', 100_000) + new string(']', 100_000) + "}");
        await Assert.ThrowsAsync<ConversationFileException>(() => Conversations.LoadAsync(File));

        await using (FileStream large = System.IO.File.Create(File)) large.SetLength(ConversationFile.MostBytes + 1);
        Assert.Contains("larger", (await Assert.ThrowsAsync<ConversationFileException>(() => Conversations.LoadAsync(File))).Message);

        ConversationMessage message = new(ChatMessage.User("x"), s_time);
        await Conversations.SaveAsync(File, [Everything() with { Messages = [.. Enumerable.Repeat(message, ConversationFile.MostMessages + 1)] }]);
        Assert.Contains("messages", (await Assert.ThrowsAsync<ConversationFileException>(() => Conversations.LoadAsync(File))).Message);
        await Conversations.SaveAsync(File, [Everything() with { GivenTitle = new string('x', ConversationFile.MostTitleLength + 1) }]);
        Assert.Contains("title", (await Assert.ThrowsAsync<ConversationFileException>(() => Conversations.LoadAsync(File))).Message);
    }

    [Fact]
    public async Task A_file_that_is_cut_off_anywhere_is_refused()
    {
        await Conversations.SaveAsync(File, [Everything()]);
        byte[] whole = System.IO.File.ReadAllBytes(File);
        string cut = Path.Combine(_folder, "cut.json");
        for (int length = 0; length < whole.Length; length++)
        {
            System.IO.File.Delete(cut);
            System.IO.File.WriteAllBytes(cut, whole[..length]);
            var damaged = Assert.Throws<ConversationFileException>(() => ConversationFile.Read(cut));
            Assert.NotNull(damaged.Line);
        }
    }

    [Fact]
    public async Task Random_damage_is_refused_or_harmless_and_never_a_crash()
    {
        await Conversations.SaveAsync(File, [Everything(), Everything()]);
        byte[] whole = System.IO.File.ReadAllBytes(File);
        string damaged = Path.Combine(_folder, "damaged.json");
        var random = new Random(7);
        for (int i = 0; i < 2000; i++)
        {
            byte[] content = [.. whole];
            for (int j = random.Next(1, 4); j > 0; j--) content[random.Next(content.Length)] = (byte)random.Next(256);
            System.IO.File.Delete(damaged);
            System.IO.File.WriteAllBytes(damaged, content);
            try
            {
                foreach (Conversation read in ConversationFile.Read(damaged)) Assert.NotNull(read.Title);
            }
            catch (ConversationFileException)
            {
                // It says so.
            }
        }
    }

    [Fact]
    public async Task Half_a_character_harms_no_file()
    {
        await Conversations.SaveAsync(File, [new Conversation(ConversationId.New()) { Messages = [new ConversationMessage(ChatMessage.User("a\ud800b"), s_time)] }]);
        Assert.Equal("a\ufffdb", (await Conversations.LoadAsync(File))[0].Messages[0].Text);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_or_written_is_named()
    {
        await Assert.ThrowsAsync<ConversationFileException>(() => Conversations.LoadAsync(Path.Combine(_folder, "missing.json")));
        await Assert.ThrowsAsync<ConversationFileException>(() => Conversations.LoadAsync(_folder));
        await Assert.ThrowsAsync<ConversationFileException>(() => Conversations.SaveAsync(_folder, []));
        await Conversations.SaveAsync(File, []);
        await Assert.ThrowsAsync<ConversationFileException>(() => Conversations.SaveAsync(Path.Combine(File, "below a file"), []));
        Assert.Empty(Directory.GetFiles(_folder, "*.tmp"));
    }

    [Fact]
    public async Task A_byte_order_mark_is_left_aside_and_folders_are_made()
    {
        string path = Path.Combine(_folder, "new", "folder", "talks.json");
        await Conversations.SaveAsync(path, [Everything()]);
        byte[] content = System.IO.File.ReadAllBytes(path);
        System.IO.File.WriteAllBytes(path, [.. "\uFEFF"u8, .. content]);
        Assert.Single(await Conversations.LoadAsync(path));
    }

    [SkippableFact]
    public async Task On_Unix_files_are_the_users_and_links_stay_links()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no such rights, and links need some.");
        string link = Path.Combine(_folder, "link.json");
        await Conversations.SaveAsync(File, []);
        System.IO.File.CreateSymbolicLink(link, File);
        await Conversations.SaveAsync(link, [Everything()]);
        Assert.Equal(File, System.IO.File.ResolveLinkTarget(link, true)!.FullName);
        Assert.Single(await Conversations.LoadAsync(File));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Conversation Everything() => new(ConversationId.New())
    {
        GivenTitle = "A \"talk\" ü 👩‍👩‍👧",
        CreatedAt = s_time,
        UpdatedAt = s_time.AddHours(1),
        ForkedFrom = ConversationId.New(),
        Messages =
        [
            new ConversationMessage(ChatMessage.System("Be kind."), s_time),
            new ConversationMessage(ChatMessage.User("What is <b>\n\t\0\u2028\"\\this\"?") with { Name = "Ann" }, s_time) { TokenCount = 7 },
            new ConversationMessage(
                ChatMessage.Assistant("Let me", new ToolCall("call1", "look", "{\"place\": \"here\"}")) with { ReasoningContent = "Hm." }, s_time)
            {
                FinishReason = FinishReason.Cancelled,
                TokenCount = 0,
            },
            new ConversationMessage(ChatMessage.Tool("19", "call1", "look"), s_time.AddTicks(1)),
            new ConversationMessage(new ChatMessage("user") { Parts = [new ChatContentPart("One "), new ChatContentPart("two")] }, s_time),
        ],
    };

    private static void AssertSame(Conversation expected, Conversation actual)
    {
        Assert.Equal(expected with { Messages = [] }, actual with { Messages = [] });
        Assert.Equal(expected.Messages.Count, actual.Messages.Count);
        foreach ((ConversationMessage one, ConversationMessage other) in expected.Messages.Zip(actual.Messages))
        {
            Assert.Equal(one.Message.ToolCalls ?? [], other.Message.ToolCalls ?? []);
            Assert.Equal(one.Message.Parts ?? [], other.Message.Parts ?? []);
            Assert.Equal(one with { Message = Bare(one.Message) }, other with { Message = Bare(other.Message) });
        }

        static ChatMessage Bare(ChatMessage message) => message with { ToolCalls = null, Parts = null };
    }
}
