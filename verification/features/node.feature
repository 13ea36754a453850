Feature: A node of the network
  Studies arrive from the archive, results go back. A study of which an object was acknowledged gets one answer.

  @SYS-014/AC1 @SRS-049 @SRS-050 @SRS-051 @RC-012
  Scenario: A study gets one report and one page
    Given a DICOM node with an archive
    And a complete DX radiograph
    When the image is sent to the node
    And the node has done its work
    Then the sender is answered 0000
    And the archive holds 1 report and 1 page of the study
    And the report and the page are of the patient and the study of the image

  @SRS-050/AC1 @SRS-050
  Scenario: The highest score of a study decides
    Given a DICOM node with an archive
    And the study of a published radiograph with pneumonia and one without
    When the images are sent to the node
    And the node has done its work
    Then the report says of the study FLAGGED and of its objects FLAGGED and NOT_FLAGGED

  @SRS-050/AC2 @SRS-050 @RC-001
  Scenario: A study without an eligible image is not analyzed
    Given a DICOM node with an archive
    And a complete DX radiograph
    And its PatientAge is 040Y
    And its PatientBirthDate is absent
    When the image is sent to the node
    And the node has done its work
    Then the sender is answered 0000
    And the report says of the study NOT_ANALYZED and of its objects NOT_ANALYZED
    And the report of the study says "AGE: PatientAge"
    And the archive holds 1 report and 1 page of the study

  @SRS-050/AC5 @SRS-050 @RC-001
  Scenario: A study that is analyzed in part
    Given a DICOM node with an archive
    And the study of a published radiograph without pneumonia and a radiograph of an adult
    When the images are sent to the node
    And the node has done its work
    Then the report says of the study NOT_FLAGGED and of its objects NOT_FLAGGED and NOT_ANALYZED
    And the report of the study says "Analyzed: 1 of 2 objects of this study; the result says nothing of the rest"

  @SRS-050/AC3 @SRS-050
  Scenario: An image that comes later
    Given a DICOM node with an archive
    And the study of a published radiograph with pneumonia and one without
    When its first image is sent to the node
    And the node has done its work
    And its second image is sent to the node
    And the node has done its work
    Then the archive holds 2 reports and 2 pages of the study
    And the newest report names the one before

  @SRS-050/AC4 @SRS-049/AC4 @SRS-049
  Scenario: The same object again is nothing new
    Given a DICOM node with an archive
    And a complete DX radiograph
    When the image is sent to the node
    And the node has done its work
    And the image is sent to the node
    And the node has done its work
    Then the sender is answered 0000
    And the archive holds 1 report and 1 page of the study
    And the archive was sent 2 objects

  @SRS-050/AC4 @SRS-050
  Scenario: Another node gives the results of the same objects the same identifiers
    Given a DICOM node with an archive
    And a complete DX radiograph
    When the image is sent to the node
    And the node has done its work
    And the image is sent to another node with the same archive
    And the node has done its work
    Then the archive holds 1 report and 1 page of the study
    And the archive was sent 4 objects

  @SRS-049/AC4 @SRS-049
  Scenario: Other content under the same identifier gives another result
    Given a DICOM node with an archive
    And a complete DX radiograph
    When the image is sent to the node
    And the node has done its work
    And the image is sent to the node with another PatientName
    And the node has done its work
    Then the archive holds 2 reports and 2 pages of the study
    And the newest report names the one before

  @SYS-014/AC2 @SRS-049 @SRS-052 @RC-012 @RC-017
  Scenario: The node is ended without warning
    Given a DICOM node with an archive
    And a complete DX radiograph
    When the image is sent to the node
    And the node is ended without warning and started again
    And the node has done its work
    Then the archive holds 1 report and 1 page of the study

  @SYS-014/AC3 @SRS-051/AC1 @SRS-051 @RC-017
  Scenario: The archive is away
    Given a DICOM node with an archive
    And a complete DX radiograph
    When the image is sent to the node
    And the node has done its work while the archive is away
    And the node has done its work
    Then the archive holds 1 report and 1 page of the study
    And the record tells of "delivery failed" before "delivered"

  @SRS-051/AC1 @SRS-051 @RC-017
  Scenario: The archive does not take a result
    Given a DICOM node with an archive
    And the archive answers A700 to the next object
    And a complete DX radiograph
    When the image is sent to the node
    And the node has done its work
    And the node has done its work
    Then the archive holds 1 report and 1 page of the study
    And the archive was sent 3 objects
    And the record tells of "delivery failed" before "delivered"

  @SRS-053/AC2 @SRS-053 @RC-017
  Scenario: A result that does not arrive makes the node unwell
    Given a DICOM node with an archive
    And a complete DX radiograph
    When the image is sent to the node
    And the node has done its work while the archive is away
    And the longest wait is over
    Then the node says that it is not well: "a result has not arrived"

  @SRS-053/AC3 @SRS-053 @RC-017
  Scenario: A process that does not run makes the node unwell
    Given a DICOM node with an archive
    When the worker 1 of the node has ended
    Then the node says that it is not well: "worker 1 does not run"
    When the worker 1 of the node runs again
    Then the node says "The node is well." to people

  @SRS-053/AC1 @SRS-053
  Scenario: Counts by outcome and reason
    Given a DICOM node with an archive
    And a complete DX radiograph
    And its PatientAge is 040Y
    And its PatientBirthDate is absent
    When the image is sent to the node
    And the node has done its work
    Then the node says `clearway_studies{outcome="not_analyzed"} 1` to programs
    And the node says `clearway_reasons{outcome="AGE"} 1` to programs
    And the node says "The node is well." to people

  @SRS-054/AC1 @SRS-054/AC2 @SRS-054
  Scenario: The times of results are stated
    Given a DICOM node with an archive
    And the study of a published radiograph with pneumonia and one without
    When the images are sent to the node
    And the node has done its work
    Then the record states the seconds of 2 deliveries
    And the node states to people and to programs their number, median and 95th percentile, as the record has them

  @SRS-049/AC1 @SRS-049
  Scenario Outline: What could not be answered is not acknowledged
    Given a DICOM node with an archive
    And a complete DX radiograph
    And its <keyword> is <value>
    When the image is sent to the node as a DX image
    Then the sender is answered <status>
    And nothing of it is kept

    Examples:
      | keyword           | value                     | status |
      | StudyInstanceUID  | absent                    | C000   |
      | SeriesInstanceUID | absent                    | C000   |
      | SOPClassUID       | 1.2.840.10008.5.1.4.1.1.2 | A900   |

  @SRS-049/AC2 @SRS-049
  Scenario Outline: No room
    Given a DICOM node with an archive
    And the node's <limit> is <value>
    And a complete DX radiograph
    When the image is sent to the node
    And the image is sent to the node with another SOPInstanceUID
    Then the sender is answered A700

    Examples:
      | limit                  | value               |
      | limits.free_bytes      | 1152921504606846976 |
      | limits.waiting_objects | 1                   |

  @SRS-049/AC7 @SRS-049 @SRS-053/AC4 @SRS-053 @RC-017
  Scenario: A peer that holds associations leaves the others theirs
    Given a DICOM node with an archive
    And the node's limits.associations is 6
    And a complete DX radiograph
    When the modality holds every association that it gets, and the archive sends the image to the node
    Then the modality got 3 associations, and the next was rejected by 2, 3, 2
    And the sender is answered 0000
    And the node says `clearway_refused_of_peer{peer="MODALITY",host="127.0.0.1",share="associations"} 1` to programs
    And the node says "<td>MODALITY 127.0.0.1 associations</td><td>1</td>" to people

  @SRS-049/AC7 @SRS-049 @SRS-053/AC4 @SRS-053 @RC-017
  Scenario: A peer whose objects wait leaves the others room in the queue
    Given a DICOM node with an archive
    And the node's limits.waiting_objects is 2
    And a complete DX radiograph
    When the image is sent to the node
    And the image is sent to the node with another SOPInstanceUID
    Then the sender is answered A700
    And the node says `clearway_refused_of_peer{peer="MODALITY",host="127.0.0.1",share="waiting_objects"} 1` to programs
    When the image is sent to the node by ARCHIVE
    Then the sender is answered 0000

  @SRS-049/AC3 @SRS-049
  Scenario: A stranger
    Given a DICOM node with an archive
    And a complete DX radiograph
    When the image is sent to the node by STRANGER
    Then the sender gets no association
    And the record tells of "association refused"

  @SRS-049/AC3 @SRS-049
  Scenario: From the address of no peer
    Given a DICOM node with an archive
    And a complete DX radiograph
    When the image is sent to the node from 127.0.0.9
    Then the sender gets no association
    And the record tells of "connection refused"

  @SRS-049/AC5 @SRS-049
  Scenario: Larger than may be
    Given a DICOM node with an archive
    And the node's limits.object_bytes is 1000000
    And a complete DX radiograph
    When the image is sent to the node
    Then the sender gets no answer
    And the record tells of "object refused"

  @SRS-051/AC3 @SRS-051
  Scenario: A result that was changed while it waited
    Given a DICOM node with an archive
    And a complete DX radiograph
    When the image is sent to the node
    And the node has done its work while the archive is away
    And a byte of each waiting result is changed
    And the node has done its work
    Then the archive holds 0 reports and 0 pages of the study
    And the record tells of "delivery failed"

  @SRS-051/AC2 @SRS-051 @RC-012
  Scenario Outline: Commitment
    Given a DICOM node with an archive
    And the node's keep.pixel_days is <days>
    And a complete DX radiograph
    When the image is sent to the node
    And the node is asked to commit to the image and to another
    And the node has reported on what it was asked
    Then the sender is answered 0000
    And it commits to <kept> and declines <declined>

    Examples:
      | days | kept | declined |
      | 0    | 0    | 2        |
      | 30   | 0    | 2        |
      | null | 1    | 1        |

  @SRS-051/AC4 @SRS-051
  Scenario: A report of commitment outlives the node
    Given a DICOM node with an archive
    And a complete DX radiograph
    When the image is sent to the node
    And the node is asked to commit to the image and to another
    And the node has reported on what it was asked while the archive is away
    And the node is ended without warning and started again
    And the node has reported on what it was asked
    Then the sender is answered 0000
    And it commits to 0 and declines 2
    And the record tells of "commitment failed" before "commitment answered"

  @SRS-051/AC4 @SRS-051
  Scenario: A report of commitment is given up
    Given a DICOM node with an archive
    And the node's times.commitment_seconds is 0.1
    And a complete DX radiograph
    When the image is sent to the node
    And the node is asked to commit to the image and to another
    And the node has reported on what it was asked while the archive is away
    Then the record tells of "commitment given up"

  @SRS-051/AC5 @SRS-051
  Scenario: No room for a request for commitment
    Given a DICOM node with an archive
    And the node's limits.waiting_commitments is 1
    And a complete DX radiograph
    When the image is sent to the node
    And the node is asked to commit to the image and to another
    And the node is asked to commit to the image and to another
    Then the sender is answered 0213
    And the record tells of "commitment asked" before "commitment refused"

  @SRS-052/AC1 @SRS-052
  Scenario: A changed line of the record
    Given a DICOM node with an archive
    And a complete DX radiograph
    When the image is sent to the node
    And the node has done its work
    And line 2 of the record is changed
    Then the record is broken at line 2
    When the device is called with `serve --log {node}`
    Then the exit status is 4
    And the message names line 2

  @SRS-052/AC2 @SRS-052 @SRS-044
  Scenario: The record names nobody
    Given a DICOM node with an archive
    And a complete DX radiograph
    When the image is sent to the node
    And the node has done its work
    Then the record holds no PatientName, PatientID, StudyInstanceUID or SOPInstanceUID of the image

  @SRS-052/AC4 @SRS-052
  Scenario: Each start says by what
    Given a DICOM node with an archive
    And the node has a password for a web address of this computer
    When the node is started and asked to end
    And the node is started and asked to end
    And a line is added to the node's configuration: drift.window, 30
    And the node is started and asked to end
    Then each start in the record names the SHA-256 of its configuration file, that of the release, and the software
    And the record holds no password and no key

  @SRS-052/AC3 @SRS-052 @RC-012
  Scenario: Pixels go when the results have arrived
    Given a DICOM node with an archive
    And a complete DX radiograph
    When the image is sent to the node
    And the node has done its work
    Then the node holds no pixels

  @SRS-048/AC1 @SRS-048
  Scenario: Every fault of a configuration at once
    Given a DICOM node with an archive
    And the node's limits.assocations is 3
    And the node's listen.ae_title is A title of more than 16 characters
    And the node's workers is none
    Then its configuration is refused, naming limits.assocations, listen.ae_title and workers, each with its line

  @SRS-048/AC2 @SRS-048
  Scenario Outline: A configuration that names nothing
    Given a DICOM node with an archive
    And the node's <key> is <value>
    Then its configuration is refused, naming <key>

    Examples:
      | key          | value       |
      | destination  | null        |
      | log_key_file | nowhere.key |

  @SRS-048/AC3 @SRS-048
  Scenario: A password that would travel in clear
    Given a DICOM node with an archive
    And the node's web is {url: "http://192.0.2.1/dicom-web", user: node, password_file: nowhere}
    Then its configuration is refused, naming web.url

  @SRS-048/AC2 @SRS-048
  Scenario: A configuration is looked at before anything starts
    Given a DICOM node with an archive
    When the device is called with `serve --check {node}`
    Then the exit status is 0
    And the output says "holds"

  @SRS-050/AC2 @SRS-050 @RC-012
  Scenario: An object that ends whatever judges it
    Given a DICOM node with an archive
    And a complete DX radiograph
    When the image is sent to the node
    And the processes that judge it end twice
    And the node has done its work
    Then the report says of the study NOT_ANALYZED and of its objects NOT_ANALYZED
    And the report of the study says "the object could not be analyzed"

  @SRS-051/AC1 @SRS-051
  Scenario: Results go to a web address
    Given a DICOM node with an archive
    And an archive that takes results at a web address alone
    And a complete DX radiograph
    When the image is sent to the node
    And the node has done its work while the archive is away
    And the node has done its work
    Then the archive holds 1 report and 1 page of the study
    And the record tells of "delivery failed" before "delivered"

  @SRS-049/AC1 @SRS-049
  Scenario: What came in part only is not kept
    Given a DICOM node with an archive
    And a part of an object that came long ago
    When the node has done its work
    Then nothing of it is kept

  @SRS-049/AC6 @SRS-049 @SRS-051
  Scenario: Both sides show a certificate
    Given a DICOM node with an archive
    And certificates of one authority for both
    And a complete DX radiograph
    When the image is sent by TLS with a certificate of the authority
    And the node has done its work
    Then the sender is answered 0000
    And the archive holds 1 report and 1 page of the study

  @SRS-049/AC6 @SRS-049
  Scenario Outline: Without a valid certificate
    Given a DICOM node with an archive
    And certificates of one authority for both
    And a complete DX radiograph
    When the image is sent by TLS with <certificate>
    Then the sender gets no association
    And nothing of it is kept
    And the record tells of "connection refused"

    Examples:
      | certificate              |
      | one of another authority |
      | one that has expired     |
      | none                     |

  @SRS-049/AC6 @SRS-049
  Scenario: Without TLS
    Given a DICOM node with an archive
    And certificates of one authority for both
    And a complete DX radiograph
    When the image is sent to the node
    Then the sender gets no association
    And nothing of it is kept
    And the record tells of "connection refused"

  @SRS-056/AC1 @SRS-056 @SRS-053
  Scenario: More flags than in the baseline
    Given a DICOM node with an archive
    And the node's drift is {baseline: 4, window: 4, level: 0.05}
    And 4 radiographs without pneumonia were sent to the node
    When 4 radiographs with pneumonia are sent to the node
    And the node has done its work
    And the node has done its work
    Then the record tells of "drift alarm" of flag rate 1 time
    And the record tells of no "drift alarm ended" of flag rate
    And the node says `clearway_drift_alarm{measure="flag rate"} 1` to programs
    And the node says "Attention, drift: flag rate: found 4 of 4 images flagged" to people
    And the node says "The node is well." to people

  @SRS-056/AC1 @SRS-056
  Scenario: An alarm ends
    Given a DICOM node with an archive
    And the node's drift is {baseline: 3, window: 3, level: 0.05, expected_rate: 0.1}
    And 6 radiographs with pneumonia were sent to the node
    When the node has done its work
    And 3 radiographs without pneumonia are sent to the node
    And the node has done its work
    And the node has done its work
    Then the record tells of "drift alarm" of flag rate 1 time
    And the record tells of "drift alarm ended" of flag rate 1 time
    And the record tells of "drift alarm" before "drift alarm ended"

  @SRS-056/AC5 @SRS-056
  Scenario: A change that the site accepts
    Given a DICOM node with an archive
    And the node's drift is {baseline: 4, window: 4, level: 0.05}
    And 4 radiographs without pneumonia were sent to the node
    When 4 radiographs with pneumonia are sent to the node
    And the node has done its work
    And the site has the baseline begin anew
    And 4 radiographs with pneumonia are sent to the node
    And the node has done its work
    And 4 radiographs with pneumonia are sent to the node
    And the node has done its work
    Then the record tells of "drift alarm" of flag rate 1 time
    And the record tells of "drift alarm ended" of flag rate 1 time
    And the record tells of "drift baseline" before "drift alarm ended"

  @SRS-056/AC2 @SRS-056
  Scenario: Other scores, and as many flags
    Given a DICOM node with an archive
    And the node's drift is {baseline: 4, window: 4, level: 0.05}
    And 4 radiographs without pneumonia were sent to the node
    When 4 radiographs of another child without pneumonia are sent to the node
    And the node has done its work
    Then the record tells of "drift alarm" of scores 1 time
    And the record tells of no "drift alarm" of flag rate

  @SRS-056/AC3 @SRS-056
  Scenario: A model whose images are refused
    Given a DICOM node with an archive
    And the node's drift is {window: 8, level: 0.05, model_objects: 4}
    When 4 radiographs without pneumonia by the model Old are sent to the node
    And 4 radiographs without pneumonia, of adults by the model New are sent to the node
    And the node has done its work
    Then the record tells of "drift alarm" of refusals of Maker, New 1 time
    And the record tells of no "drift alarm" of refusals of Maker, Old

  @SRS-056/AC4 @SRS-056
  Scenario Outline: No alarm without a reason
    Given a DICOM node with an archive
    And the node's drift is {baseline: 4, window: 4, level: 0.05}
    And 4 radiographs without pneumonia were sent to the node
    When <later> are sent to the node
    And the node has done its work
    Then the record tells of no "drift alarm" of flag rate
    And the record tells of no "drift alarm" of scores

    Examples:
      | later                             |
      | 3 radiographs with pneumonia      |
      | 4 radiographs without pneumonia   |
