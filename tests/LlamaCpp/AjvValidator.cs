using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace LlamaCpp;

/// <summary>
/// Ajv in a Node.js process: says whether a document is valid under a JSON schema of draft 2020-12, formats included. A
/// schema that Ajv refuses throws <see cref="LlamaCppException"/> with what it said; the process lives on.
/// Numbers are JavaScript's: doubles.
/// </summary>
public sealed class AjvValidator : IDisposable
{
    private static readonly string[] Packages = ["ajv@8.20.0", "ajv-formats@3.0.1"];

    private static readonly Lazy<string> Modules = new(() => Path.Combine(
        ToolCache.Folder(string.Join('-', Packages), fresh => ToolCache.InstallNpmPackages(fresh, Packages)), "node_modules"));

    private readonly LineProcess _process;

    private AjvValidator(TimeSpan patience)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(AppContext.BaseDirectory, "ajv", "validator.js")]);
        start.Environment["NODE_PATH"] = Modules.Value;
        _process = new LineProcess("Ajv", start, patience);
    }

    /// <summary>Starts the process, fetching Ajv first where needed. Throws <see cref="LlamaCppUnavailableException"/> where it cannot be had.</summary>
    public static AjvValidator Start(TimeSpan? patience = null) => new(patience ?? TimeSpan.FromMinutes(1));

    /// <summary>Whether a document is valid under a schema, both JSON texts.</summary>
    public bool IsValid(string schema, string document) => Validate(schema, document).Valid;

    /// <summary>Whether a document is valid under a schema, both JSON texts, and what is wrong with it.</summary>
    public AjvResult Validate(string schema, string document)
    {
        using JsonDocument schemaValue = JsonDocument.Parse(schema), documentValue = JsonDocument.Parse(document);
        string request = JsonSerializer.Serialize(
            new AjvRequest(schemaValue.RootElement, documentValue.RootElement), AjvJson.Default.AjvRequest);
        AjvAnswer answer = JsonSerializer.Deserialize(_process.Ask(request, "a validation"), AjvJson.Default.AjvAnswer)!;
        return answer.Error is null ? new AjvResult(answer.Valid, answer.Errors) : throw new LlamaCppException(answer.Error);
    }

    public void Dispose() => _process.Dispose();
}

/// <summary>Ajv's judgement; all errors that it found.</summary>
public sealed record AjvResult(bool Valid, IReadOnlyList<AjvError> Errors);

/// <summary>What is wrong at a place of a document, given as a JSON pointer.</summary>
public sealed record AjvError(string Pointer, string Keyword, string Message);

internal sealed record AjvRequest(JsonElement Schema, JsonElement Document);

internal sealed record AjvAnswer(bool Valid, IReadOnlyList<AjvError> Errors, string? Error);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AjvRequest))]
[JsonSerializable(typeof(AjvAnswer))]
internal sealed partial class AjvJson : JsonSerializerContext;
