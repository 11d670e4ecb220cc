namespace RedisExpiryCache.HttpFields;

/// <summary>One value of a structured field, RFC 9651 3; its parameters are not kept.</summary>
/// <param name="Kind">What it was written as; only an Inner List is kept as no more than that.</param>
/// <param name="Integer">An Integer, a Date in seconds since 1970, or 0 or 1 for a Boolean.</param>
/// <param name="Text">A String, Token or Display String decoded, a Decimal or a Byte Sequence as written; null for all else.</param>
internal readonly record struct StructuredValue(StructuredKind Kind, long Integer, string? Text);

/// <summary>RFC 9651 3.1.1 and 3.3.</summary>
internal enum StructuredKind
{
    Boolean,
    Integer,
    Decimal,
    String,
    Token,
    ByteSequence,
    Date,
    DisplayString,
    InnerList,
}
