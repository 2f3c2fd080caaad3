using System.Text.RegularExpressions;
using System.Xml.Linq;
using Cria.Testing;

namespace Cria.Tests;

/// <summary>Keeps the rooms of the engine one-directional; the order is in docs/decisions/0001-repository-shape.md.</summary>
public sealed partial class ArchitectureTests
{
    private const int LongestFile = 500;

    // Each room with the rooms it may use. The networks know no text, and the text no tensors.
    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Gguf"] = [],
        ["Tensors"] = ["Gguf"],
        ["Text"] = ["Gguf"],
        ["Models"] = ["Gguf", "Tensors"],
        ["Runtime"] = ["Gguf", "Tensors", "Text", "Models"],
    };

    // Each project under src with the projects it may reference.
    private static readonly Dictionary<string, string[]> MayReference = new()
    {
        ["Cria"] = [],
        ["Cria.Cli"] = ["Cria"],
        ["Cria.LlamaRn"] = ["Cria"],
        ["Cria.Extensions.AI"] = ["Cria"],
    };

    [Fact]
    public void A_room_uses_only_the_rooms_it_may()
    {
        var offences = new List<string>();
        foreach ((string file, string room, string code) in RoomFiles())
        {
            foreach (Match use in RoomUse().Matches(code))
            {
                string used = use.Groups["room"].Value;
                if (used != room && !MayUse[room].Contains(used)) offences.Add($"{file}: {room} uses {used} ({use.Value})");
            }
        }

        Assert.Empty(offences);
    }

    // The option and result records that users meet are the words that Runtime speaks to the root with.
    [Fact]
    public void Rooms_use_of_the_root_only_its_exceptions_and_the_last_room_its_records()
    {
        (string Kind, string Name)[] rootTypes = [.. SourceFiles("src/Cria").Where(f => !f.Path.Contains('/'))
            .SelectMany(f => Declaration().Matches(f.Code)).Select(m => (m.Groups["kind"].Value, m.Groups["name"].Value))
            .Where(type => !type.Item2.EndsWith("Exception", StringComparison.Ordinal)).Distinct()];
        var offences = new List<string>();
        foreach ((string file, string room, string code) in RoomFiles())
        {
            foreach ((string kind, string name) in rootTypes)
            {
                if (room == "Runtime" && kind is "record" or "enum") continue;
                if (Regex.IsMatch(code, $@"(?<![.\w])(Cria\.)?{name}\b")) offences.Add($"{file}: {room} uses {name}");
            }
        }

        Assert.Empty(offences);
    }

    [Fact]
    public void Every_folder_of_the_engine_is_a_known_room_with_its_namespace_or_that_of_the_public_face()
    {
        foreach ((_, string room, string code) in RoomFiles())
        {
            Assert.Contains(room, MayUse.Keys);
            Assert.Matches($@"\bnamespace Cria(\.{room}\b|;)", code);
        }
    }

    [Fact]
    public void The_engine_knows_no_network_and_no_database()
    {
        string[] offences = [.. SourceFiles("src/Cria")
            .Where(f => Outside().IsMatch(f.Code)).Select(f => $"{f.Path}: {Outside().Match(f.Code).Value}")];
        Assert.Empty(offences);
    }

    [Fact]
    public void Only_the_file_and_the_arithmetic_are_unsafe()
    {
        string[] offences = [.. RoomFiles()
            .Where(f => f.Room is not ("Gguf" or "Tensors") && Unsafe().IsMatch(f.Code)).Select(f => f.File)];
        Assert.Empty(offences);
    }

    [Fact]
    public void Projects_reference_only_what_lies_below_them()
    {
        foreach (string project in Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            string name = Path.GetFileNameWithoutExtension(project);
            Assert.True(MayReference.ContainsKey(name), $"Say in ArchitectureTests which projects {name} may reference.");
            string[] references = [.. XDocument.Load(project).Descendants("ProjectReference")
                .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')))];
            Assert.Empty(references.Except(MayReference[name]));
        }
    }

    [Fact]
    public void The_engine_needs_no_package()
    {
        XDocument project = XDocument.Load(Path.Combine(Repository.Root, "src/Cria/Cria.csproj"));
        Assert.Empty(project.Descendants("PackageReference"));
    }

    [Fact]
    public void No_file_is_too_long_to_read()
    {
        string[] offences = [.. new[] { "src", "tests" }.SelectMany(SourceFiles)
            .Where(f => f.Lines > LongestFile).Select(f => $"{f.Path}: {f.Lines} lines")];
        Assert.Empty(offences);
    }

    private static IEnumerable<(string File, string Room, string Code)> RoomFiles() =>
        SourceFiles("src/Cria").Where(f => f.Path.Contains('/')).Select(f => (f.Path, f.Path.Split('/')[0], f.Code));

    // The files of a folder, with their paths inside it, and their code without comments, text and character literals.
    private static IEnumerable<(string Path, string Code, int Lines)> SourceFiles(string folder)
    {
        string root = Path.Combine(Repository.Root, folder);
        foreach (string file in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories))
        {
            string path = Path.GetRelativePath(root, file).Replace('\\', '/');
            if (path.Split('/').Any(part => part is "bin" or "obj")) continue;
            string text = File.ReadAllText(file);
            yield return (path, NotCode().Replace(text, " "), text.AsSpan().Count('\n'));
        }
    }

    [GeneratedRegex(
        """//[^\n]*|/\*.*?\*/|\"{3,}.*?\"{3,}|@"(?:[^"]|"")*"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'""",
        RegexOptions.Singleline)]
    private static partial Regex NotCode();

    // Inside namespace Cria a room can be named with or without the first part.
    [GeneratedRegex(@"(?<![.\w])(?:Cria\.)?(?<room>Gguf|Tensors|Text|Models|Runtime)(?=\.[A-Z]|;)")]
    private static partial Regex RoomUse();

    [GeneratedRegex(@"\b(?<kind>class|struct|record|interface|enum)\s+(?:struct\s+|class\s+)?(?<name>[A-Z]\w*)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\b(System\.Net|System\.Data|Microsoft\.Data)\b")]
    private static partial Regex Outside();

    [GeneratedRegex(@"\bunsafe\b")]
    private static partial Regex Unsafe();
}
