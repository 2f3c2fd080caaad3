namespace Cria.Text.Grammars;

/// <summary>The formats of strings and numbers that schemas name, as languages. Unknown formats say nothing.</summary>
internal static class SchemaFormats
{
    // Years begin at 1, as those of DateTime do.
    private const string Year = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)";
    private const string LeapYear = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)";
    private const string Date = $"(?:{Year}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
        + $"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{LeapYear}-02-29)";
    private const string Hour = "(?:[01][0-9]|2[0-3])";

    // No time zone is further away, and DateTimeOffset takes no others.
    private const string Offset = "[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)";
    private const string Time = $"{Hour}:[0-5][0-9]:[0-5][0-9](?:[.][0-9]{{1,7}})?(?:Z|{Offset})";
    private const string DurationTime = "(?:[0-9]+S|[0-9]+M(?:[0-9]+S)?|[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?)";
    private const string DurationDate = "(?:[0-9]+D|[0-9]+M(?:[0-9]+D)?|[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?)";
    private const string Duration = $"P(?:{DurationDate}(?:T{DurationTime})?|T{DurationTime}|[0-9]+W)";
    private const string Hex = "[0-9a-fA-F]";
    private const string Uuid = $"{Hex}{{8}}-{Hex}{{4}}-{Hex}{{4}}-{Hex}{{4}}-{Hex}{{12}}";
    private const string Byte = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private const string IPv4 = $"{Byte}(?:[.]{Byte}){{3}}";
    private const string Group = $"{Hex}{{1,4}}";
    private const string LastGroups = $"(?:{Group}:{Group}|{IPv4})";
    private const string IPv6 = $"(?:(?:{Group}:){{6}}{LastGroups}|::(?:{Group}:){{5}}{LastGroups}|(?:{Group})?::(?:{Group}:){{4}}{LastGroups}"
        + $"|(?:(?:{Group}:){{0,1}}{Group})?::(?:{Group}:){{3}}{LastGroups}|(?:(?:{Group}:){{0,2}}{Group})?::(?:{Group}:){{2}}{LastGroups}"
        + $"|(?:(?:{Group}:){{0,3}}{Group})?::{Group}:{LastGroups}|(?:(?:{Group}:){{0,4}}{Group})?::{LastGroups}"
        + $"|(?:(?:{Group}:){{0,5}}{Group})?::{Group}|(?:(?:{Group}:){{0,6}}{Group})?::)";

    // A name has at most 253 characters, a part of it 63. Seven parts of 26 behind the first stay below without counting.
    private const string HostName = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:[.][a-zA-Z0-9](?:[a-zA-Z0-9-]{0,24}[a-zA-Z0-9])?){0,7}";
    private const string HostPart = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";

    // No repetition within a repetition, so that a limit on the length can be shared out among them.
    private const string MailChar = "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]";
    private const string MailHost = "[a-zA-Z0-9](?:(?:--?|[.])?[a-zA-Z0-9])*";
    private const string Mail = $"{MailChar}(?:[.]?{MailChar})*@{MailHost}[.]{MailHost}";
    private const string Escaped = $"%{Hex}{{2}}";
    private const string PathChar = $"(?:[a-zA-Z0-9._~!$&'()*+,;=:@-]|{Escaped})";
    private const string UserInfo = $"(?:[a-zA-Z0-9._~!$&'()*+,;=:-]|{Escaped})*@";
    private const string Host = $"(?:\\[{IPv6}\\]|{HostPart}(?:[.]{HostPart}){{0,7}})";
    private const string Port = ":(?:[1-5]?[0-9]{1,4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";

    // Names of hosts as they are in use; the specification allows stranger ones, which System.Uri does not.
    private const string Authority = $"(?:(?:{UserInfo})?{Host}(?:{Port})?)?";
    private const string UriTail = $"(?:\\?(?:{PathChar}|[/?])*)?(?:#(?:{PathChar}|[/?])*)?";
    private const string Segments = $"(?:{PathChar}|/)*";
    private const string UriPath = $"(?://{Authority}(?:/{Segments})?|/(?:{PathChar}{Segments})?|{PathChar}{Segments})";
    // One letter before the colon would be a drive to some.
    private const string Uri = $"[a-zA-Z][a-zA-Z0-9+.-]+:{UriPath}{UriTail}";
    private const string NoColon = $"(?:[a-zA-Z0-9._~!$&'()*+,;=@-]|{Escaped})";
    private const string UriReference = $"(?:{Uri}|(?://{Authority}(?:/{Segments})?|/(?:{PathChar}{Segments})?|{NoColon}+(?:/{Segments})?)?{UriTail})";
    private const string Variable = $"(?:[a-zA-Z0-9_]|{Escaped})+(?::[1-9][0-9]{{0,3}}|[*])?";
    private const string UriTemplate = "(?:[a-zA-Z0-9._~:/?#@!$&()*+,;=\\[\\]-]|" + Escaped + "|\\{[+#./;?&]?" + Variable + "(?:," + Variable + ")*\\})*";
    private const string JsonPointer = "(?:/(?:[^~/]|~[01])*)*";
    private const string Base64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?";

    private static readonly Dictionary<string, string> Texts = new()
    {
        ["date"] = Date,
        ["time"] = Time,
        ["date-time"] = $"{Date}T{Time}",
        ["duration"] = Duration,
        ["uuid"] = Uuid,
        ["email"] = Mail,
        ["idn-email"] = Mail,
        ["hostname"] = HostName,
        ["idn-hostname"] = HostName,
        ["ipv4"] = IPv4,
        ["ipv6"] = IPv6,
        ["uri"] = Uri,
        ["iri"] = Uri,
        ["uri-reference"] = UriReference,
        ["iri-reference"] = UriReference,
        ["uri-template"] = UriTemplate,
        ["json-pointer"] = JsonPointer,
        ["relative-json-pointer"] = $"(?:0|[1-9][0-9]*)(?:#|{JsonPointer})",
        ["byte"] = Base64,
    };

    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, RegexNode> Parsed = [];

    /// <summary>The texts of a format; null where the format says nothing about texts, or where no grammar can enforce it.</summary>
    public static RegexNode? TextsOf(string format, out bool isEnforceable)
    {
        isEnforceable = format != "regex";
        return Texts.TryGetValue(format, out string? pattern) ? Parsed.GetOrAdd(format, _ => RegexParser.ParseWhole(pattern)) : null;
    }

    /// <summary>The integers of a format; null where the format says nothing about integers.</summary>
    public static SchemaNumberLimits? IntegersOf(string format) => format switch
    {
        "int32" => Integers(int.MinValue, int.MaxValue),
        "int64" => Integers(long.MinValue, long.MaxValue),
        _ => null,
    };

    private static SchemaNumberLimits Integers(long min, long max) => new()
    {
        IsInteger = true,
        Min = new SchemaBound(new SchemaNumber(min), IsExclusive: false),
        Max = new SchemaBound(new SchemaNumber(max), IsExclusive: false),
    };
}
