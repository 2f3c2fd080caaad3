namespace Cria.Conformance.Text.Grammars;

/// <summary>Schemas like those that people send.</summary>
internal static class SampleSchemas
{
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>
    {
        ["any value"] = "{}",
        ["weather tool"] = """
            {"type":"object","properties":{"city":{"type":"string","description":"Where"},"unit":{"type":"string","enum":["celsius","fahrenheit"]},
             "days":{"type":"integer","minimum":1,"maximum":14}},"required":["city"]}
            """,
        ["strict tool"] = """
            {"type":"object","properties":{"query":{"type":"string","minLength":1},"filters":{"type":["object","null"],"properties":
             {"from":{"type":"string","format":"date"},"tags":{"type":"array","items":{"type":"string"},"maxItems":5}},"required":["from","tags"],"additionalProperties":false}},
             "required":["query","filters"],"additionalProperties":false}
            """,
        ["orders of a shop"] = """
            {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","title":"Order","properties":{"id":{"type":"string","format":"uuid"},
             "customer":{"$ref":"#/$defs/person"},"lines":{"type":"array","minItems":1,"items":{"$ref":"#/$defs/line"}},"paid":{"type":"boolean"},
             "placed":{"type":"string","format":"date-time"},"note":{"type":["string","null"],"maxLength":40}},"required":["id","customer","lines"],
             "$defs":{"person":{"type":"object","properties":{"name":{"type":"string","minLength":1},"email":{"type":"string","format":"email"},
             "address":{"$ref":"#/$defs/address"}},"required":["name"]},
             "address":{"type":"object","properties":{"street":{"type":"string"},"zip":{"type":"string","pattern":"^[0-9]{5}(-[0-9]{4})?$"}},"additionalProperties":false},
             "line":{"type":"object","properties":{"sku":{"type":"string","pattern":"^[A-Z]{2}[0-9]{0,3}$"},"count":{"type":"integer","exclusiveMinimum":0,"maximum":999},
             "price":{"type":"number","minimum":0,"maximum":99999.99}},"required":["sku","count","price"]}}}
            """,
        ["tree"] = """
            {"type":"object","properties":{"value":{"type":"integer"},"children":{"type":"array","items":{"$ref":"#"}}},"required":["value","children"]}
            """,
        ["linked list"] = """
            {"$ref":"#/definitions/node","definitions":{"node":{"type":"object","properties":{"head":{"type":"string"},"tail":{"anyOf":[{"$ref":"#/definitions/node"},{"type":"null"}]}},
             "required":["head","tail"],"additionalProperties":false}}}
            """,
        ["expressions"] = """
            {"$ref":"#/$defs/expr","$defs":{"expr":{"oneOf":[{"type":"number"},{"type":"object","properties":{"op":{"enum":["+","-","*"]},"left":{"$ref":"#/$defs/expr"},
             "right":{"$ref":"#/$defs/expr"}},"required":["op","left","right"],"additionalProperties":false},{"type":"object","properties":{"call":{"type":"string"},
             "arguments":{"type":"array","items":{"$ref":"#/$defs/expr"}}},"required":["call"],"additionalProperties":false}]}}}
            """,
        ["pets of OpenAPI"] = """
            {"oneOf":[{"$ref":"#/$defs/Cat"},{"$ref":"#/$defs/Dog"}],"discriminator":{"propertyName":"petType"},"$defs":{
             "Pet":{"type":"object","required":["petType","name"],"properties":{"petType":{"type":"string"},"name":{"type":"string"},"tag":{"type":"string"}}},
             "Cat":{"allOf":[{"$ref":"#/$defs/Pet"},{"type":"object","properties":{"petType":{"const":"cat"},"huntingSkill":{"type":"string","enum":["clueless","lazy"]}}}]},
             "Dog":{"allOf":[{"$ref":"#/$defs/Pet"},{"type":"object","properties":{"petType":{"const":"dog"},"packSize":{"type":"integer","format":"int32","minimum":0}},"required":["packSize"]}]}}}
            """,
        ["names with quotes"] = """
            {"type":"object","properties":{"say \"hi\"":{"enum":["quo\"te","back\\slash","line\nend","ünïcödé","😀","tab\t","\u0001"]},"":{"type":"null"},"a/b":{"type":"boolean"}},"required":[""]}
            """,
        ["ranges"] = """
            {"type":"object","properties":{"a":{"type":"integer","minimum":-128,"maximum":127},"b":{"type":"integer","exclusiveMaximum":0},"c":{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1},
             "d":{"type":"number","minimum":-1.5,"maximum":-0.25},"e":{"type":"number","minimum":-273.15},"f":{"type":"integer","minimum":9007199254740990},"g":{"type":"integer","minimum":-5,"maximum":-5},
             "h":{"type":"number","maximum":1e3},"i":{"type":"integer","minimum":-0.5,"maximum":10.5}},"required":["a","b","c","d","e","g","h","i"]}
            """,
        ["multiples"] = """
            {"type":"array","prefixItems":[{"type":"integer","multipleOf":5},{"type":"integer","multipleOf":7,"minimum":-50,"maximum":50},{"type":"integer","multipleOf":100}],"items":false,"minItems":2}
            """,
        ["map with free keys"] = """
            {"type":"object","properties":{"version":{"const":1},"ver":{"type":"null"}},"additionalProperties":{"type":"integer"},"required":["version"]}
            """,
        ["map with keys of a kind"] = """
            {"type":"object","patternProperties":{"^x-":{"type":"string"},"^[a-z]+$":{"type":"integer"}},"additionalProperties":false}
            """,
        ["names of properties"] = """
            {"type":"object","propertyNames":{"pattern":"^[a-z]+$","maxLength":5},"additionalProperties":{"type":"boolean"},"maxProperties":3}
            """,
        ["few or many properties"] = """
            {"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"},"c":{"type":"integer"},"d":{"type":"integer"}},"minProperties":2,"maxProperties":3,"additionalProperties":false}
            """,
        ["one property at least"] = """{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}},"minProperties":1,"additionalProperties":{"type":"null"}}""",
        ["optional ones"] = """{"type":"object","properties":{"a":{"type":"null"},"b":{"type":"null"},"c":{"type":"null"},"d":{"type":"null"},"e":{"type":"null"}},"required":["c"]}""",
        ["dependent ones"] = """
            {"type":"object","properties":{"card":{"type":"string","pattern":"^\\d{4}$"},"billing":{"type":"string"},"cvc":{"type":"integer"}},"dependentRequired":{"card":["billing","cvc"]},"additionalProperties":false}
            """,
        ["conditions"] = """
            {"type":"object","properties":{"country":{"enum":["US","NL"]},"code":{"type":"string","examples":["12345","1234 AB"]}},"required":["country","code"],
             "if":{"properties":{"country":{"const":"US"}}},"then":{"properties":{"code":{"pattern":"^[0-9]{5}$"}}},"else":{"properties":{"code":{"pattern":"^[0-9]{4} [A-Z]{2}$"}}}}
            """,
        ["negations"] = """
            {"type":"object","properties":{"a":{"type":"string","not":{"enum":["no","never"]}},"b":{"type":["integer","string"],"not":{"type":"integer","minimum":3}},"c":{"not":{"type":"null"},"type":["null","boolean"]}},
             "required":["a","b"],"not":{"required":["c","a"]}}
            """,
        ["either or both"] = """
            {"type":"object","properties":{"phone":{"type":"string"},"mail":{"type":"string","format":"email"}},"anyOf":[{"required":["phone"]},{"required":["mail"]}],"additionalProperties":false}
            """,
        ["just one"] = """
            {"type":"object","properties":{"phone":{"type":"string"},"mail":{"type":"string"}},"oneOf":[{"required":["phone"]},{"required":["mail"]}],"additionalProperties":false}
            """,
        ["overlapping numbers"] = """{"oneOf":[{"type":"integer","minimum":0,"maximum":20},{"type":"integer","minimum":10,"maximum":30},{"type":"null"}]}""",
        ["tuples"] = """{"type":"array","prefixItems":[{"type":"number"},{"type":"string"},{"enum":["Street","Avenue"]}],"items":{"type":"boolean"},"maxItems":5}""",
        ["different ones"] = """{"type":"array","items":{"enum":["red","green","blue",1]},"uniqueItems":true,"minItems":1}""",
        ["containing"] = """{"type":"array","items":{"type":"integer","minimum":0,"maximum":9},"contains":{"minimum":5},"minContains":1,"maxContains":2,"maxItems":5}""",
        ["lengths"] = """{"type":"array","items":{"type":"string","minLength":2,"maxLength":3},"minItems":1,"maxItems":4}""",
        ["patterns"] = """
            {"type":"array","prefixItems":[{"type":"string","pattern":"^(\\([0-9]{3}\\))?[0-9]{3}-[0-9]{4}$","examples":["555-1234","(800)555-1234"]},{"type":"string","pattern":"[\"\\\\]"},
             {"type":"string","pattern":"^a|b$","examples":["a\"x","xb"]},{"type":"string","pattern":"^\\w+@\\w+\\.(com|org)$","examples":["a@b.com"]},{"type":"string","pattern":"^[^\\d\\s]{2,4}?$","examples":["a\"","😀\\😀😀"]},
             {"type":"string","pattern":"^(a*)*$","maxLength":3,"examples":["","aaa"]},{"type":"string","pattern":"^[a-z]","minLength":3,"maxLength":4,"examples":["a\n1","xyz\""]},
             {"type":"string","pattern":"^\\u00e9\\p{Lu}$","examples":["éÄ"]},{"type":"string","pattern":"^.$","examples":["x","😀"]}],"items":false,"minItems":9}
            """,
        ["formats"] = """
            {"type":"array","prefixItems":[{"type":"string","format":"date"},{"type":"string","format":"time"},{"type":"string","format":"date-time"},{"type":"string","format":"duration"},{"type":"string","format":"uuid"},
             {"type":"string","format":"email"},{"type":"string","format":"hostname"},{"type":"string","format":"ipv4"},{"type":"string","format":"ipv6"},{"type":"string","format":"uri"},{"type":"string","format":"uri-reference"},
             {"type":"string","format":"uri-template"},{"type":"string","format":"json-pointer"},{"type":"string","format":"relative-json-pointer"},{"type":"string","format":"byte"},{"type":"integer","format":"int32"}],"items":false,"minItems":16}
            """,
        ["long addresses"] = """{"type":"object","properties":{"url":{"type":"string","format":"uri","minLength":1,"maxLength":2083},"slug":{"type":"string","pattern":"^[a-z0-9]+(-[a-z0-9]+)*$","maxLength":50,"examples":["a-b-c"]}},"required":["url"]}""",
        ["long mail addresses"] = """{"type":"string","format":"email","maxLength":255}""",
        ["draft 7"] = """{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"a":{"$ref":"#/definitions/s"},"b":{"type":"integer","exclusiveMinimum":3}},"definitions":{"s":{"type":"string","maxLength":4}}}""",
        ["merged"] = """
            {"allOf":[{"type":"object","properties":{"a":{"type":"integer","minimum":0},"b":{"type":"string"}},"required":["a"]},{"properties":{"a":{"maximum":400},"c":{"enum":[1,2,3]}}},
             {"properties":{"c":{"enum":[2,3,4]}}}],"unevaluatedProperties":false}
            """,
        ["nothing unevaluated"] = """
            {"type":"object","properties":{"kind":{"type":"string"}},"anyOf":[{"properties":{"kind":{"const":"a"},"x":{"type":"integer"}},"required":["x"]},{"properties":{"kind":{"const":"b"},"y":{"type":"integer"}},"required":["y"]}],
             "required":["kind"],"unevaluatedProperties":false}
            """,
        ["values as they are"] = """{"enum":[{"a":[1,{"b":null}]},[true,"x"],-0.5,"text",{}]}""",
        ["nullable of old"] = """{"type":"object","properties":{"a":{"type":["string","null"]},"b":{"anyOf":[{"$ref":"#/$defs/c"},{"type":"null"}]}},"required":["a","b"],"$defs":{"c":{"type":"object","properties":{"d":{"type":"integer"}},"required":["d"]}}}""",
        ["anchors"] = """{"$id":"https://example.com/root","$ref":"#list","$defs":{"l":{"$anchor":"list","type":"array","items":{"$ref":"other"}},"o":{"$id":"other","type":"integer","minimum":5}}}""",
        ["pydantic"] = """
            {"$defs":{"Address":{"properties":{"street":{"title":"Street","type":"string"},"zip":{"anyOf":[{"pattern":"^[0-9]{5}$","type":"string"},{"type":"null"}],"default":null,"title":"Zip"}},
             "required":["street"],"title":"Address","type":"object"},"Role":{"enum":["admin","user"],"title":"Role","type":"string"}},
             "properties":{"name":{"maxLength":20,"title":"Name","type":"string"},"age":{"anyOf":[{"minimum":0,"type":"integer"},{"type":"null"}],"default":null,"title":"Age"},
             "role":{"$ref":"#/$defs/Role","default":"user"},"addresses":{"default":[],"items":{"$ref":"#/$defs/Address"},"title":"Addresses","type":"array"},
             "scores":{"additionalProperties":{"type":"number"},"title":"Scores","type":"object"},"pair":{"maxItems":2,"minItems":2,"prefixItems":[{"type":"integer"},{"type":"string"}],"title":"Pair","type":"array"}},
             "required":["name","pair"],"title":"Person","type":"object"}
            """,
        ["pydantic union with a discriminator"] = """
            {"$defs":{"Cat":{"properties":{"kind":{"const":"cat","title":"Kind","type":"string"},"lives":{"title":"Lives","type":"integer"}},"required":["kind","lives"],"title":"Cat","type":"object"},
             "Dog":{"properties":{"kind":{"const":"dog","title":"Kind","type":"string"},"breed":{"title":"Breed","type":"string"}},"required":["kind","breed"],"title":"Dog","type":"object"}},
             "properties":{"pet":{"discriminator":{"mapping":{"cat":"#/$defs/Cat","dog":"#/$defs/Dog"},"propertyName":"kind"},"oneOf":[{"$ref":"#/$defs/Cat"},{"$ref":"#/$defs/Dog"}],"title":"Pet"}},
             "required":["pet"],"title":"Owner","type":"object"}
            """,
        ["zod"] = """
            {"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"id":{"type":"string","format":"uuid"},"email":{"type":"string","format":"email"},
             "tags":{"type":"array","items":{"type":"string","minLength":1},"default":[]},"status":{"anyOf":[{"type":"string","const":"open"},{"type":"string","const":"closed"}]},
             "count":{"type":"integer","exclusiveMinimum":0},"parent":{"anyOf":[{"type":"object","properties":{"id":{"type":"string"}},"required":["id"],"additionalProperties":false},{"type":"null"}]}},
             "required":["id","status","count"],"additionalProperties":false}
            """,
        ["zod with a reference into properties"] = """
            {"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"from":{"type":"object","properties":{"x":{"type":"number"},"y":{"type":"number"}},"required":["x","y"],"additionalProperties":false},
             "to":{"$ref":"#/properties/from"}},"required":["from","to"],"additionalProperties":false}
            """,
        ["typebox"] = """
            {"type":"object","properties":{"level":{"anyOf":[{"const":"low","type":"string"},{"const":"high","type":"string"}]},"size":{"minimum":1,"maximum":10,"type":"integer"},
             "items":{"minItems":1,"uniqueItems":false,"type":"array","items":{"type":"object","properties":{"key":{"type":"string"},"value":{"type":["string","number","boolean"]}},"required":["key","value"]}},
             "map":{"type":"object","patternProperties":{"^[a-z]+$":{"type":"integer"}},"additionalProperties":false}},"required":["level","items"]}
            """,
        ["openapi"] = """
            {"type":"object","required":["amount","currency"],"properties":{"amount":{"type":"number","format":"double","minimum":0.01,"example":12.5},"currency":{"type":"string","minLength":3,"maxLength":3,"example":"EUR"},
             "count":{"type":"integer","format":"int32"},"total":{"type":"integer","format":"int64"},"method":{"type":"string","enum":["card","cash"],"x-enum-varnames":["Card","Cash"]},
             "customer":{"allOf":[{"$ref":"#/definitions/Person"}],"description":"Who pays."},"links":{"type":"array","items":{"type":"string","format":"uri"},"readOnly":true}},
             "definitions":{"Person":{"type":"object","properties":{"name":{"type":"string"},"born":{"type":"string","format":"date"}}}}}
            """,
    };
}
