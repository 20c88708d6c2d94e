/// Where a picture comes from, as IPTC's photo metadata has it: what laws on artificial pictures ask to be written down.
///
/// Source: IPTC Photo Metadata Standard 2023.1, "Digital Source Type"; its values are IPTC's NewsCodes.
public enum Provenance: String, Hashable, Sendable, CaseIterable {
    /// Drawn by a model that was trained on sampled content.
    case trainedAlgorithmicMedia

    /// The address that stands for it.
    public var address: String { "http://cv.iptc.org/newscodes/digitalsourcetype/" + rawValue }

    /// An XMP packet that says so and nothing else.
    ///
    /// Source: ISO 16684-1 (XMP part 1), sections 7.3 and 7.4.
    var packet: String {
        // The mark of byte order, by which a reader knows the encoding, is also what no Latin-1 text has: PNG wants such a
        // packet in an iTXt chunk.
        """
        <?xpacket begin="\u{feff}" id="W5M0MpCehiHzreSzNTczkc9d"?>
        <x:xmpmeta xmlns:x="adobe:ns:meta/">
        <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
        <Iptc4xmpExt:DigitalSourceType>\(address)</Iptc4xmpExt:DigitalSourceType>
        </rdf:Description>
        </rdf:RDF>
        </x:xmpmeta>
        <?xpacket end="r"?>
        """
    }

    /// The key of the PNG text chunk that holds a packet.
    static let chunkKey = "XML:com.adobe.xmp"
}
