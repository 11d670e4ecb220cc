using System.Net;
using RedisExpiryCache.Redis.Topology;

namespace RedisExpiryCache.Tests.Redis.Topology;

public sealed class ClusterNodesReplyTests
{
    private const string One = "aa 10.0.0.1:7000@17000,one.internal myself,master - 0 0 1 connected 0-8191\n";
    private const string Other = "bb 10.0.0.2:7000@17000 master - 0 0 2 connected 8192 8193-16383\n";
    private const string Replica = "cc 10.0.0.3:7000@17000 slave aa 0 0 1 connected\n";

    private static readonly IPEndPoint Asked = new(IPAddress.Loopback, 7000);

    [Theory]
    [InlineData(One + Other + Replica)]
    [InlineData(One + Other + "dd :0@0 master,noaddr - 0 0 3 disconnected\n")]
    [InlineData(One + Other + "dd 10.0.0.4:7000@17000 master,fail - 0 0 3 disconnected\n")]
    [InlineData(One + "bb 10.0.0.2:7000@17000 master,fail - 0 0 2 disconnected 8192-16383\n")]
    [InlineData("aa 10.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-8191 [93-<-bb]\n" + Other)]
    public void Masters_are_those_that_have_slots(string nodes) =>
        Assert.Equal([IPEndPoint.Parse("10.0.0.1:7000"), IPEndPoint.Parse("10.0.0.2:7000")], ClusterNodesReply.Masters(nodes, Asked));

    [Theory]
    [InlineData(One + Other + "dd 10.0.0.4:7000@17000 master - 0 0 3 connected\n")]
    [InlineData(One + Other + "dd 10.0.0.4:7000@17000 master,fail? - 0 0 3 connected\n")]
    [InlineData(One + Other + "dd 10.0.0.4:7000@17000 handshake - 0 0 3 connected\n")]
    [InlineData(One + "bb 10.0.0.2:7000@17000 myself,master - 0 0 2 connected [93->-aa]\n")]
    [InlineData("")]
    [InlineData(One + "nonsense\n")]
    public void Where_one_has_none_yet_or_no_more_nothing_is_known(string nodes) => Assert.Null(ClusterNodesReply.Masters(nodes, Asked));

    [Fact]
    public void A_server_that_does_not_know_its_own_address_is_the_one_that_was_asked() =>
        Assert.Equal([Asked], ClusterNodesReply.Masters("aa :7000@17000 myself,master - 0 0 1 connected 0-16383\n", Asked));

    [Fact]
    public void An_address_may_be_one_of_the_sixth_version() =>
        Assert.Equal([IPEndPoint.Parse("[::1]:7000")], ClusterNodesReply.Masters("aa ::1:7000@17000 master - 0 0 1 connected 0-16383\n", Asked));

    [Theory]
    [InlineData("shop:", false)]
    [InlineData("sh{op:", false)]
    [InlineData("sh}op{:", false)]
    [InlineData("{shop}:", true)]
    [InlineData("{}shop:", true)]
    public void A_prefix_in_braces_keeps_all_keys_in_one_slot(string prefix, bool isOne) => Assert.Equal(isOne, ClusterSlotMap.IsOneSlot(prefix));
}
